import {lossSum} from '../metrics/loss-sum.js';

/** Number of equal-width bins of confidence (Guo et al., https://arxiv.org/abs/1706.04599). */
const BINS = 15;

/**
 * Images whose highest probability lies in one bin of width 1/15: a point of a reliability diagram.
 *
 * @example
 * const {reliability} = (await evaluate(model, folder)).metrics;
 * const overconfident = reliability.filter((bin: ReliabilityBin) => bin.confidence > bin.accuracy);
 */
export interface ReliabilityBin {
  readonly count: number;
  /** Mean of their highest probabilities; 0 without images. */
  readonly confidence: number;
  /** Fraction of them that are classified correctly; 0 without images. */
  readonly accuracy: number;
}

/** Accumulates how far probabilities can be trusted. */
export class RunningCalibration {
  readonly #counts = new Float64Array(BINS);
  readonly #confidences = new Float64Array(BINS);
  readonly #correct = new Float64Array(BINS);
  #squaredErrors = 0;

  /** @param row probabilities of one image; @param predicted index of the highest one */
  add(row: Float32Array, predicted: number, label: number): void {
    const confidence = row[predicted]!;
    // A confidence on the border of two bins belongs to the lower one.
    const bin = Math.min(BINS - 1, Math.max(0, Math.ceil(confidence * BINS) - 1));
    this.#counts[bin]!++;
    this.#confidences[bin]! += confidence;
    if (predicted === label) this.#correct[bin]!++;
    row.forEach((probability, i) => {
      this.#squaredErrors += (probability - (i === label ? 1 : 0)) ** 2;
    });
  }

  /** All bins, lowest confidence first. */
  get reliability(): ReliabilityBin[] {
    return Array.from(this.#counts, (count, bin) => ({
      count,
      confidence: count === 0 ? 0 : this.#confidences[bin]! / count,
      accuracy: count === 0 ? 0 : this.#correct[bin]! / count,
    }));
  }

  /** Expected calibration error: the mean distance of confidence and accuracy, 0..1. */
  get ece(): number {
    const total = this.#counts.reduce((sum, count) => sum + count, 0);
    const distances = this.#counts.map((_, bin) =>
      Math.abs(this.#confidences[bin]! - this.#correct[bin]!),
    );
    return distances.reduce((sum, distance) => sum + distance, 0) / total;
  }

  /** Brier score: the mean squared distance of the probabilities from the truth, 0..2. */
  get brier(): number {
    return this.#squaredErrors / this.#counts.reduce((sum, count) => sum + count, 0);
  }
}

/** How far the probabilities of a set of images can be trusted. Lower is better. */
export interface CalibrationScores {
  readonly ece: number;
  readonly brier: number;
  /** Mean cross-entropy, in nats. */
  readonly loss: number;
}

/** @param probabilities `[n, classes]`; @param labels `[n]`, not empty */
export function calibrationScores(
  probabilities: Float32Array,
  labels: Int32Array,
  classes: number,
): CalibrationScores {
  const running = new RunningCalibration();
  labels.forEach((label, i) => {
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    running.add(row, row.indexOf(Math.max(...row)), label);
  });
  const {ece, brier} = running;
  return {ece, brier, loss: lossSum(probabilities, labels, classes) / labels.length};
}
