import type {Sample} from '../../datasets/sample.js';
import type {Misclassification} from '../../report/run-record.js';
import type {Prepared} from '../preparation/prepared.js';
import {thumbnailIfReadable} from '../shown-thumbnail.js';
import {activationOverlays} from './activation-overlays.js';

/** Maximum number of misclassified images in a report, each with a thumbnail. */
const MAX_IMAGES = 48;

interface WrongPrediction {
  readonly sample: Sample;
  readonly predicted: number;
  readonly confidence: number;
}

/** Index of the largest value; the first one on ties. */
const argmax = (row: Float32Array): number =>
  row.reduce((best, value, index) => (value > row[best]! ? index : best), 0);

/** The most likely class of each image. @param probabilities `[count * classes]` */
export const predictedClasses = (probabilities: Float32Array, classes: number): number[] =>
  Array.from({length: probabilities.length / classes}, (_, i) =>
    argmax(probabilities.subarray(i * classes, (i + 1) * classes)),
  );

/** Misclassified validation images, most confident first. @param probabilities `[count * classes]` */
export async function findMisclassifications(
  prepared: Prepared,
  probabilities: Float32Array,
): Promise<Misclassification[]> {
  const {classifier, split, cache} = prepared;
  const {classNames} = classifier;
  const wrong = split.validation.flatMap((sample, i): WrongPrediction[] => {
    const row = probabilities.subarray(i * classNames.length, (i + 1) * classNames.length);
    const predicted = argmax(row);
    return predicted === sample.label ? [] : [{sample, predicted, confidence: row[predicted]!}];
  });
  const mostConfident = wrong.sort((a, b) => b.confidence - a.confidence).slice(0, MAX_IMAGES);
  const overlays = await activationOverlays(
    prepared,
    mostConfident.map(({sample, predicted}) => ({sample, classIndex: predicted})),
  );
  return Promise.all(
    mostConfident.map(async ({sample, predicted, confidence}) => {
      const activation = overlays.get(sample.name);
      return {
        name: sample.name,
        truth: classNames[sample.label]!,
        prediction: classNames[predicted]!,
        confidence,
        ...(activation !== undefined && {activation}),
        ...(await thumbnailIfReadable(cache, sample)),
      };
    }),
  );
}
