import {defineError, FinetuneError} from '../../core/errors.js';
import {RunningCalibration, type ReliabilityBin} from '../calibration/calibration-scores.js';
import {meanInterval, wilsonInterval} from './confidence-interval.js';

/**
 * Metrics of one class, 0..1; `null` if undefined.
 *
 * @example
 * const {metrics} = await evaluate(model, folder);
 * const recalls = Object.values(metrics.perClass).map(({recall}: ClassMetrics) => recall);
 */
export interface ClassMetrics {
  /** Fraction of correct predictions among those of this class; `null` if there are none. */
  readonly precision: number | null;
  /** Fraction of the images of this class that are predicted correctly; `null` if there are none. */
  readonly recall: number | null;
  /** Harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN); `null` if the class is neither a true nor a predicted class. */
  readonly f1: number | null;
  /** Number of images of this class. */
  readonly support: number;
}

/**
 * Metrics of a classifier on a set of images. `metrics.json` contains them unchanged.
 *
 * @example
 * const {accuracy, macroF1}: Metrics = (await evaluate(model, folder)).metrics;
 */
export interface Metrics {
  readonly accuracy: number;
  /** Fraction of images whose true class is among the min(5, classes) most likely ones. It is 1 for up to five classes. */
  readonly top5Accuracy: number;
  /** Wilson's 95 % confidence interval of `top5Accuracy`. */
  readonly top5AccuracyCi95: readonly [low: number, high: number];
  /** Mean cross-entropy over the images, in nats. */
  readonly loss: number;
  /** Expected calibration error: the mean distance between the highest probability and the fraction that is correct, in 15 bins; 0..1. */
  readonly ece: number;
  /** Brier score: the mean squared distance of the probabilities from the truth; 0..2. */
  readonly brier: number;
  /** The 15 bins of `ece`, lowest confidence first. */
  readonly reliability: readonly ReliabilityBin[];
  readonly numImages: number;
  /** Wilson's 95 % confidence interval of `accuracy`. */
  readonly accuracyCi95: readonly [low: number, high: number];
  /** Mean recall of the classes that have images. */
  readonly balancedAccuracy: number;
  /**
   * `meanInterval` of the recalls; `null` if a class has fewer than 10 images. Macro-F1 has no interval: a bootstrap is overconfident on
   * few images.
   */
  readonly balancedAccuracyCi95: readonly [low: number, high: number] | null;
  /** Mean F1 of the classes where it is defined. */
  readonly macroF1: number;
  readonly perClass: Readonly<Record<string, ClassMetrics>>;
  /** Counts, `[true class][predicted class]`. */
  readonly confusionMatrix: readonly (readonly number[])[];
}

/** A probability is NaN, because the weights have diverged. */
export class NanProbabilityError extends defineError(
  FinetuneError,
  'TRAINING_DIVERGED',
  ({
    imageIndex,
    className,
  }: {
    /** Index among all added images. */
    imageIndex: number;
    className: string;
  }) =>
    `The probability of class "${className}" for image ${imageIndex} is NaN. The weights have diverged: train again with a lower learning rate.`,
) {
  override readonly exitCode = 6;
}

const ratioOrNull = (numerator: number, denominator: number): number | null =>
  denominator === 0 ? null : numerator / denominator;
const meanOfDefined = (values: readonly (number | null)[]): number => {
  const defined = values.filter(value => value !== null);
  return defined.reduce((sum, value) => sum + value, 0) / defined.length;
};

/** Accumulates metrics as sums over images, divided once at the end. Averaging batch means would overweight images of small batches. */
export class RunningMetrics {
  readonly #classNames: readonly string[];
  /** `[true, predicted]`, row-major. */
  readonly #confusionMatrix: Uint32Array;
  #numImages = 0;
  #loss = 0;
  #top5Hits = 0;
  readonly #calibration = new RunningCalibration();

  constructor(classNames: readonly string[]) {
    this.#classNames = classNames;
    this.#confusionMatrix = new Uint32Array(classNames.length ** 2);
  }

  /** Number of images added so far. */
  get numImages(): number {
    return this.#numImages;
  }

  /**
   * Adds a batch. Ties are ordered by class index, as in the argmax of TensorFlow and NumPy.
   * @param probabilities `[n, classes]`, row-major
   * @param labels class indices `[n]`
   * @param lossSum sum over the batch, not its mean
   * @throws NanProbabilityError
   */
  add(probabilities: Float32Array, labels: Int32Array, lossSum: number): void {
    const classes = this.#classNames.length;
    if (
      probabilities.length !== labels.length * classes ||
      labels.some(label => label < 0 || label >= classes)
    ) {
      throw new RangeError(
        `${probabilities.length} probabilities do not fit labels ${labels}: give ${labels.length} x ${classes}, and labels below ${classes}.`,
      );
    }
    labels.forEach((label, i) =>
      this.#addOne(probabilities.subarray(i * classes, (i + 1) * classes), label),
    );
    this.#loss += lossSum;
  }

  #addOne(row: Float32Array, label: number): void {
    const nanIndex = row.findIndex(Number.isNaN);
    if (nanIndex >= 0)
      throw new NanProbabilityError({
        imageIndex: this.#numImages,
        className: this.#classNames[nanIndex]!,
      });
    let predicted = 0;
    let rank = 0;
    row.forEach((probability, i) => {
      if (probability > row[predicted]!) predicted = i;
      if (probability > row[label]! || (probability === row[label] && i < label)) rank++;
    });
    this.#confusionMatrix[label * row.length + predicted]!++;
    this.#calibration.add(row, predicted, label);
    this.#numImages++;
    if (rank < 5) this.#top5Hits++;
  }

  /** Metrics of all images added so far, at least one. */
  metrics(): Metrics {
    const classes = this.#classNames.length;
    const confusionMatrix = Array.from({length: classes}, (_, i) => [
      ...this.#confusionMatrix.subarray(i * classes, (i + 1) * classes),
    ]);
    const perClass = this.#classNames.map((_, i) => computeClassMetrics(confusionMatrix, i));
    const correct = confusionMatrix.reduce((sum, row, i) => sum + row[i]!, 0);
    return {
      accuracy: correct / this.#numImages,
      top5Accuracy: this.#top5Hits / this.#numImages,
      top5AccuracyCi95: wilsonInterval(this.#top5Hits, this.#numImages),
      loss: this.#loss / this.#numImages,
      ece: this.#calibration.ece,
      brier: this.#calibration.brier,
      reliability: this.#calibration.reliability,
      numImages: this.#numImages,
      accuracyCi95: wilsonInterval(correct, this.#numImages),
      balancedAccuracy: meanOfDefined(perClass.map(({recall}) => recall)),
      balancedAccuracyCi95: meanInterval(
        perClass.map(({support}, i) => ({successes: confusionMatrix[i]![i]!, count: support})),
      ),
      macroF1: meanOfDefined(perClass.map(({f1}) => f1)),
      // Creates own properties for any name; an assignment to `__proto__` would be lost.
      perClass: Object.fromEntries(this.#classNames.map((name, i) => [name, perClass[i]!])),
      confusionMatrix,
    };
  }
}

function computeClassMetrics(
  confusionMatrix: readonly (readonly number[])[],
  index: number,
): ClassMetrics {
  const truePositives = confusionMatrix[index]![index]!;
  const support = confusionMatrix[index]!.reduce((sum, numImages) => sum + numImages, 0);
  const predicted = confusionMatrix.reduce((sum, row) => sum + row[index]!, 0);
  return {
    precision: ratioOrNull(truePositives, predicted),
    recall: ratioOrNull(truePositives, support),
    f1: ratioOrNull(2 * truePositives, support + predicted),
    support,
  };
}
