import {formatFixedPercent} from '../../core/text/format-percent.js';
import {formatCount} from '../../core/text/format-count.js';
import {lossSum, MIN_PROBABILITY} from '../metrics/loss-sum.js';
import {calibrationScores, type CalibrationScores} from './calibration-scores.js';

/** Temperatures are searched in this range. */
const RANGE = [0.1, 10] as const;
/**
 * Weight of `log(temperature)^2` next to the summed loss: as if log(temperature) were normal with a deviation of 0.5. Without it a few images
 * that are all classified correctly would want a temperature of 0. It is worth two images or so, so many images overrule it.
 */
const PRIOR = 2;
const FOLDS = 5;
const TOLERANCE = 1e-6;

/** Labeled probabilities: `[n, classes]` and `[n]`. */
export interface LabeledProbabilities {
  readonly probabilities: Float32Array;
  readonly labels: Int32Array;
  readonly classes: number;
}

/** A temperature that was fitted on validation images, and what it is worth. */
export interface Calibration {
  /** Divisor of the logits; 1 where none helps. The exported head has it in its weights. */
  readonly temperature: number;
  /** Number of validation images. */
  readonly images: number;
  readonly before: CalibrationScores;
  /** Scores by 5-fold cross-fitting: each image is scored by a temperature that was fitted on the others. */
  readonly after: CalibrationScores;
}

/** Scales logits by 1/temperature, given their softmax. @returns probabilities `[n, classes]` */
export function applyTemperature(
  probabilities: Float32Array,
  classes: number,
  temperature: number,
): Float32Array {
  const scaled = new Float32Array(probabilities.length);
  for (let start = 0; start < probabilities.length; start += classes) {
    const logits = logProbabilities(probabilities.subarray(start, start + classes));
    const highest = Math.max(...logits);
    const powers = logits.map(logit => Math.exp((logit - highest) / temperature));
    const sum = powers.reduce((total, power) => total + power, 0);
    powers.forEach((power, i) => (scaled[start + i] = power / sum));
  }
  return scaled;
}

/** Logits but for a constant. */
const logProbabilities = (row: Float32Array): Float64Array =>
  Float64Array.from(row, probability => Math.log(Math.max(probability, MIN_PROBABILITY)));

/**
 * Fits a temperature by maximum a posteriori (Guo et al., https://arxiv.org/abs/1706.04599, with a prior at 1). The slope of the loss over the
 * inverse temperature rises, so its root is found by bisection.
 * @param isIncluded which images are fitted
 */
export function fitTemperature(
  {probabilities, labels, classes}: LabeledProbabilities,
  isIncluded: (index: number) => boolean = () => true,
): number {
  const rows = Array.from(labels, (label, i) => ({label, i}))
    .filter(({i}) => isIncluded(i))
    .map(({label, i}) => ({
      label,
      logits: logProbabilities(probabilities.subarray(i * classes, (i + 1) * classes)),
    }));
  /** Derivative of the summed loss and the prior by the inverse temperature. */
  const slope = (inverse: number): number =>
    rows.reduce(
      (sum, {label, logits}) => sum + expectation(logits, inverse) - logits[label]!,
      (2 * PRIOR * Math.log(inverse)) / inverse,
    );
  let [low, high] = [1 / RANGE[1], 1 / RANGE[0]];
  while (high / low - 1 > TOLERANCE) {
    const middle = Math.sqrt(low * high);
    if (slope(middle) > 0) high = middle;
    else low = middle;
  }
  return 1 / Math.sqrt(low * high);
}

/** Mean of logits under the softmax of `inverse` times themselves. */
function expectation(logits: Float64Array, inverse: number): number {
  const highest = Math.max(...logits);
  let [weighted, total] = [0, 0];
  for (const logit of logits) {
    const power = Math.exp((logit - highest) * inverse);
    weighted += power * logit;
    total += power;
  }
  return weighted / total;
}

/** Assigns images to folds, class by class. */
function assignCrossFitFolds(labels: Int32Array): Int32Array {
  const seen = new Map<number, number>();
  return labels.map(label => {
    const before = seen.get(label) ?? 0;
    seen.set(label, before + 1);
    return (before + label) % FOLDS;
  });
}

/** Scales each fold by a temperature that was fitted on the others. */
function crossFit(all: LabeledProbabilities): Float32Array {
  const {probabilities, labels, classes} = all;
  const foldOf = assignCrossFitFolds(labels);
  const scaled = new Float32Array(probabilities.length);
  const temperatures = Array.from({length: FOLDS}, (_, fold) =>
    fitTemperature(all, index => foldOf[index] !== fold),
  );
  foldOf.forEach((fold, i) => {
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    scaled.set(applyTemperature(row, classes, temperatures[fold]!), i * classes);
  });
  return scaled;
}

/**
 * Whether a temperature, which is one parameter more, lowers the summed loss by more than the Bayesian information criterion asks of one,
 * `log(n) / 2` (Schwarz 1978, https://doi.org/10.1214/aos/1176344136). A head that is nearly calibrated would otherwise get a temperature out
 * of noise, which raises the calibration error of new images (docs/probabilities.md).
 */
function isWorthwhile(
  {probabilities, labels, classes}: LabeledProbabilities,
  temperature: number,
): boolean {
  const scaled = applyTemperature(probabilities, classes, temperature);
  const gain = lossSum(probabilities, labels, classes) - lossSum(scaled, labels, classes);
  return gain > Math.log(labels.length) / 2;
}

/**
 * Fits the temperature of a classifier on validation images. It stays 1 where cross-fitting does not clearly lower the loss, or raises the
 * calibration error.
 * @param all validation images, at least one
 */
export function calibrate(all: LabeledProbabilities): Calibration {
  const {probabilities, labels, classes} = all;
  const images = labels.length;
  const before = calibrationScores(probabilities, labels, classes);
  const after = calibrationScores(crossFit(all), labels, classes);
  const temperature = fitTemperature(all);
  const isBetter =
    isWorthwhile(all, temperature) && after.loss < before.loss && after.ece <= before.ece;
  return isBetter
    ? {temperature, images, before, after}
    : {temperature: 1, images, before, after: before};
}

/** `temperature 1.32: calibration error 6.1 % -> 3.2 %, loss 0.223 -> 0.214, cross-fitted on 153 validation images`. */
export function describeCalibration({temperature, images, before, after}: Calibration): string {
  if (temperature === 1)
    return `temperature 1, since no other clearly improves the calibration of ${formatCount(images, 'validation image')}; calibration error ${formatFixedPercent(before.ece)}`;
  return (
    `temperature ${temperature.toFixed(2)}: calibration error ${formatFixedPercent(before.ece)} -> ${formatFixedPercent(after.ece)}, ` +
    `loss ${before.loss.toFixed(3)} -> ${after.loss.toFixed(3)}, cross-fitted on ${formatCount(images, 'validation image')}`
  );
}
