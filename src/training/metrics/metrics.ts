import {defineError, FinetuneError} from '../../core/errors.js';
import {meanInterval, wilsonInterval} from './confidence-interval.js';

/**
 * Fractions of 1; `null` where the question has no answer.
 *
 * @example
 * const {metrics} = await evaluate(model, folder);
 * const recalls = Object.values(metrics.perClass).map(({recall}: ClassMetrics) => recall);
 */
export interface ClassMetrics {
  /** Of the images predicted as this class, the share that is; `null` when none was predicted so. */
  readonly precision: number | null;
  /** Of the images of this class, the share that was found; `null` when there is none. */
  readonly recall: number | null;
  /** Harmonic mean of both, 2 TP / (2 TP + FP + FN); `null` when the class is neither among the truths nor the predictions. */
  readonly f1: number | null;
  /** Images of this class. */
  readonly support: number;
}

/**
 * What is said of a classifier on a set of images; goes into `metrics.json` as it is.
 *
 * @example
 * const {accuracy, macroF1}: Metrics = (await evaluate(model, folder)).metrics;
 */
export interface Metrics {
  readonly accuracy: number;
  /** Share of images whose true class is among the min(5, classes) likeliest: with five classes or fewer it is 1. */
  readonly top5Accuracy: number;
  /** Mean over images, in nats. */
  readonly loss: number;
  readonly numImages: number;
  /** Wilson interval of `accuracy`. */
  readonly accuracyCi95: readonly [low: number, high: number];
  /** Mean recall over the classes that have images. */
  readonly balancedAccuracy: number;
  /** `meanInterval` of the recalls; `null` where a class has fewer than 10 images. Macro-F1 has none: a bootstrap is too sure of few images. */
  readonly balancedAccuracyCi95: readonly [low: number, high: number] | null;
  /** Mean F1 over the classes that have one. */
  readonly macroF1: number;
  readonly perClass: Readonly<Record<string, ClassMetrics>>;
  /** `[true class][predicted class]`, counts. */
  readonly confusionMatrix: readonly (readonly number[])[];
}

/** A probability that is not a number: the weights have diverged. */
export class NanProbabilityError extends defineError(
  FinetuneError,
  'TRAINING_DIVERGED',
  ({
    imageIndex,
    className,
  }: {
    /** Position among all that were added. */
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

/** Sums over examples, divided once: batches of any size count by their images (averaging batch means would not). */
export class RunningMetrics {
  readonly #classNames: readonly string[];
  /** `[true, predicted]`, row-major. */
  readonly #confusionMatrix: Uint32Array;
  #numImages = 0;
  #loss = 0;
  #top5Hits = 0;

  constructor(classNames: readonly string[]) {
    this.#classNames = classNames;
    this.#confusionMatrix = new Uint32Array(classNames.length ** 2);
  }

  /** Images added so far. */
  get numImages(): number {
    return this.#numImages;
  }

  /**
   * Among equal probabilities the lower class index comes first, as in TensorFlow's and NumPy's argmax.
   * @param probabilities `[n, classes]`, row-major; logits rank alike
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
    this.#numImages++;
    if (rank < 5) this.#top5Hits++;
  }

  /** What was added so far; at least one image. */
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
      loss: this.#loss / this.#numImages,
      numImages: this.#numImages,
      accuracyCi95: wilsonInterval(correct, this.#numImages),
      balancedAccuracy: meanOfDefined(perClass.map(({recall}) => recall)),
      balancedAccuracyCi95: meanInterval(
        perClass.map(({support}, i) => ({successes: confusionMatrix[i]![i]!, count: support})),
      ),
      macroF1: meanOfDefined(perClass.map(({f1}) => f1)),
      // Own properties whatever the name: assigning to `__proto__` would lose it.
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
