import type {Sample} from '../datasets/image-folder.js';
import type {Mistake} from '../report/run-record.js';
import type {Prepared} from './prepare.js';
import {shownThumbnail} from './shown-thumbnail.js';

/** As many as a report shows; a picture for each. */
const MOST = 48;

interface Wrong {
  readonly sample: Sample;
  readonly predicted: number;
  readonly confidence: number;
}

/** Index of the largest value, the first among equals. */
const argmax = (row: Float32Array): number => row.reduce((best, value, index) => (value > row[best]! ? index : best), 0);

/** Validation images that are taken for another class, the surest first. @param probabilities `[count * classes]` */
export async function mistakesOf({classifier, split, cache}: Prepared, probabilities: Float32Array): Promise<Mistake[]> {
  const {classNames} = classifier;
  const wrong = split.validation.flatMap((sample, i): Wrong[] => {
    const row = probabilities.subarray(i * classNames.length, (i + 1) * classNames.length);
    const predicted = argmax(row);
    return predicted === sample.label ? [] : [{sample, predicted, confidence: row[predicted]!}];
  });
  const surest = wrong.sort((a, b) => b.confidence - a.confidence).slice(0, MOST);
  return Promise.all(
    surest.map(async ({sample, predicted, confidence}) => ({
      name: sample.name,
      truth: classNames[sample.label]!,
      prediction: classNames[predicted]!,
      confidence,
      ...(await shownThumbnail(cache, sample)),
    })),
  );
}
