import type {Prepared} from '../preparation/prepared.js';
import {predictedClasses} from './misclassifications.js';

/** Prediction of a validation image by the kept weights. */
export interface ImagePrediction {
  /** Name of the image in its dataset (`Sample.name`). */
  readonly name: string;
  /** SHA-256 of the bytes of the file, in hex. */
  readonly sha256: string;
  /** Class of the image. */
  readonly truth: string;
  /** The most likely class. */
  readonly prediction: string;
  /** Calibrated probability of `prediction`, 0..1. */
  readonly confidence: number;
}

/** Content of `predictions.json`: all validation images of a run, in the order of its split. */
export interface PredictionsDocument {
  readonly validation: readonly ImagePrediction[];
}

/** Number of digits of a probability. */
const DIGITS = 6;

/** Lists the predictions of the validation images. @param probabilities `[count * classes]` */
export function predictImages(
  {classifier: {classNames}, split}: Pick<Prepared, 'classifier' | 'split'>,
  probabilities: Float32Array,
): PredictionsDocument {
  const predicted = predictedClasses(probabilities, classNames.length);
  return {
    validation: split.validation.map(({name, label}, i) => ({
      name,
      sha256: split.hashes.get(name)!,
      truth: classNames[label]!,
      prediction: classNames[predicted[i]!]!,
      confidence: Number(probabilities[i * classNames.length + predicted[i]!]!.toPrecision(DIGITS)),
    })),
  };
}
