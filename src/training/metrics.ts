import {FinetuneError} from '../core/errors.js';
import {meanInterval, wilsonInterval} from './wilson.js';

/** Fractions of 1; `null` where the question has no answer. */
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

/** What is said of a classifier on a set of images; goes into `metrics.json` as it is. */
export interface Metrics {
  readonly accuracy: number;
  /** Share of images whose true class is among the min(5, classes) likeliest: with five classes or fewer it is 1. */
  readonly top5: number;
  /** Mean over images, in nats. */
  readonly loss: number;
  readonly count: number;
  /** Wilson interval of `accuracy`. */
  readonly accuracyInterval95: readonly [low: number, high: number];
  /** Mean recall over the classes that have images. */
  readonly balancedAccuracy: number;
  /** `meanInterval` of the recalls; `null` where a class has fewer than 10 images. Macro-F1 has none: a bootstrap is too sure of few images. */
  readonly balancedAccuracyInterval95: readonly [low: number, high: number] | null;
  /** Mean F1 over the classes that have one. */
  readonly macroF1: number;
  readonly perClass: Readonly<Record<string, ClassMetrics>>;
  /** `[true class][predicted class]`, counts. */
  readonly confusion: readonly (readonly number[])[];
}

/** A probability that is not a number: the weights have diverged. */
export class NotANumberError extends FinetuneError {
  override readonly name = 'NotANumberError';
  override readonly code = 'NOT_A_NUMBER';

  /** @param example position among all that were added */
  constructor(
    readonly example: number,
    readonly className: string,
  ) {
    super(
      `Expected a probability of class "${className}" for image ${example}, but found NaN. ` +
        'The weights have diverged: train again with a lower rate.',
    );
  }
}

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
const meanOfKnown = (values: readonly (number | null)[]): number => {
  const known = values.filter(value => value !== null);
  return known.reduce((sum, value) => sum + value, 0) / known.length;
};

/** Sums over examples, divided once: batches of any size count by their images (averaging batch means would not). */
export class RunningMetrics {
  readonly #classNames: readonly string[];
  /** `[true, predicted]`, row-major. */
  readonly #confusion: Uint32Array;
  #count = 0;
  #loss = 0;
  #inTop5 = 0;

  constructor(classNames: readonly string[]) {
    this.#classNames = classNames;
    this.#confusion = new Uint32Array(classNames.length ** 2);
  }

  /** Images added so far. */
  get count(): number {
    return this.#count;
  }

  /**
   * Among equal probabilities the lower class index comes first, as in TensorFlow's and NumPy's argmax.
   * @param probabilities `[n, classes]`, row-major; logits rank alike
   * @param labels class indices `[n]`
   * @param lossSum sum over the batch, not its mean
   * @throws NotANumberError
   */
  add(probabilities: Float32Array, labels: Int32Array, lossSum: number): void {
    const classes = this.#classNames.length;
    if (probabilities.length !== labels.length * classes || labels.some(label => label < 0 || label >= classes)) {
      throw new RangeError(
        `Expected ${labels.length} x ${classes} probabilities and labels below ${classes}, but found ${probabilities.length} probabilities for labels ${labels}.`,
      );
    }
    labels.forEach((label, i) => this.#addOne(probabilities.subarray(i * classes, (i + 1) * classes), label));
    this.#loss += lossSum;
  }

  #addOne(row: Float32Array, label: number): void {
    const undefinedAt = row.findIndex(Number.isNaN);
    if (undefinedAt >= 0) throw new NotANumberError(this.#count, this.#classNames[undefinedAt]!);
    let predicted = 0;
    let before = 0;
    row.forEach((probability, i) => {
      if (probability > row[predicted]!) predicted = i;
      if (probability > row[label]! || (probability === row[label] && i < label)) before++;
    });
    this.#confusion[label * row.length + predicted]!++;
    this.#count++;
    if (before < 5) this.#inTop5++;
  }

  /** What was added so far; at least one image. */
  metrics(): Metrics {
    const classes = this.#classNames.length;
    const confusion = Array.from({length: classes}, (_, i) => [...this.#confusion.subarray(i * classes, (i + 1) * classes)]);
    const perClass = this.#classNames.map((_, i) => classMetrics(confusion, i));
    const correct = confusion.reduce((sum, row, i) => sum + row[i]!, 0);
    return {
      accuracy: correct / this.#count,
      top5: this.#inTop5 / this.#count,
      loss: this.#loss / this.#count,
      count: this.#count,
      accuracyInterval95: wilsonInterval(correct, this.#count),
      balancedAccuracy: meanOfKnown(perClass.map(({recall}) => recall)),
      balancedAccuracyInterval95: meanInterval(perClass.map(({support}, i) => ({successes: confusion[i]![i]!, count: support}))),
      macroF1: meanOfKnown(perClass.map(({f1}) => f1)),
      // Own properties whatever the name: assigning to `__proto__` would lose it.
      perClass: Object.fromEntries(this.#classNames.map((name, i) => [name, perClass[i]!])),
      confusion,
    };
  }
}

function classMetrics(confusion: readonly (readonly number[])[], index: number): ClassMetrics {
  const found = confusion[index]![index]!;
  const support = confusion[index]!.reduce((sum, count) => sum + count, 0);
  const predicted = confusion.reduce((sum, row) => sum + row[index]!, 0);
  return {
    precision: ratio(found, predicted),
    recall: ratio(found, support),
    f1: ratio(2 * found, support + predicted),
    support,
  };
}
