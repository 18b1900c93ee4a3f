import {argmax} from '../../export/ensemble/vote.js';
import type {Misclassification} from '../../report/run-record.js';
import type {Prepared} from '../preparation/prepared.js';
import {explainedImages, type ExplainedAnswer} from './activation-overlays.js';

/** Maximum number of misclassified images in a report, each with a thumbnail. */
const MAX_IMAGES = 48;

interface WrongPrediction extends ExplainedAnswer {
  readonly confidence: number;
}

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
  const {classifier, split} = prepared;
  const {classNames} = classifier;
  const wrong = split.validation.flatMap((sample, i): WrongPrediction[] => {
    const row = probabilities.subarray(i * classNames.length, (i + 1) * classNames.length);
    const predicted = argmax(row);
    return predicted === sample.label
      ? []
      : [{sample, classIndex: predicted, confidence: row[predicted]!}];
  });
  const mostConfident = wrong.sort((a, b) => b.confidence - a.confidence).slice(0, MAX_IMAGES);
  const images = await explainedImages(prepared, mostConfident);
  return mostConfident.map(({sample, classIndex, confidence}, i) => ({
    ...images[i]!,
    truth: classNames[sample.label]!,
    prediction: classNames[classIndex]!,
    confidence,
  }));
}
