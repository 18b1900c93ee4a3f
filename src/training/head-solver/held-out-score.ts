import type {Targets} from './softmax-regression.js';

/** Scales are searched in this range. */
const RANGE = [0.1, 100] as const;
/**
 * Weight of `log(scale)^2` next to the summed loss: as if log(scale) were normal with a deviation of 2. Without it images that are all
 * classified correctly would want an infinite scale.
 */
const PRIOR = 1 / 8;
const TOLERANCE = 1e-6;

/** How well evidence for classes fits images that the fit did not see. */
export interface HeldOutScore {
  /** Factor of the evidence that makes the loss lowest. */
  readonly scale: number;
  /** Mean cross-entropy with that scale, weighted as in training. */
  readonly loss: number;
  /** Fraction 0..1. */
  readonly accuracy: number;
}

/** Logarithm of the share of each class in the targets: the biases of a head that sees no features. */
export function classLogPriors({
  labels,
  classes,
  weights,
  labelSmoothing,
}: Targets): Float64Array<ArrayBuffer> {
  const totals = new Float64Array(classes);
  labels.forEach((label, i) => (totals[label]! += weights[i]!));
  const sum = totals.reduce((all, total) => all + total, 0);
  // A class without images counts as half a one, so that its logarithm is finite.
  return totals.map(total =>
    Math.log(
      ((1 - labelSmoothing) * Math.max(total, 0.5)) / Math.max(sum, 0.5) + labelSmoothing / classes,
    ),
  );
}

/** Logits of an image by its scaled evidence, minus the highest, and the logarithm of the sum of their exponentials. */
function scaledLogits(
  evidence: Float64Array,
  logPriors: Float64Array,
  scale: number,
  logits: Float64Array,
): number {
  let highest = -Infinity;
  for (let k = 0; k < evidence.length; k++)
    highest = Math.max(highest, (logits[k] = scale * evidence[k]! + logPriors[k]!));
  let sum = 0;
  for (let k = 0; k < evidence.length; k++) sum += Math.exp((logits[k]! -= highest));
  return Math.log(sum);
}

/** Sum of values of the classes, weighted by the smoothed target. */
const meanOfTarget = (values: Float64Array, label: number, labelSmoothing: number): number =>
  (1 - labelSmoothing) * values[label]! +
  (labelSmoothing === 0
    ? 0
    : (labelSmoothing * values.reduce((sum, value) => sum + value, 0)) / values.length);

/** Derivative of the summed loss and the prior by the scale. It rises with the scale, but for the prior. */
function slopeAt(
  scale: number,
  evidence: Float64Array,
  {labels, classes, weights, labelSmoothing}: Targets,
  logPriors: Float64Array,
): number {
  const logits = new Float64Array(classes);
  let slope = (2 * PRIOR * Math.log(scale)) / scale;
  labels.forEach((label, i) => {
    if (weights[i] === 0) return;
    const own = evidence.subarray(i * classes, (i + 1) * classes);
    const logNormalizer = scaledLogits(own, logPriors, scale, logits);
    let expected = 0;
    for (let k = 0; k < classes; k++) expected += Math.exp(logits[k]! - logNormalizer) * own[k]!;
    slope += weights[i]! * (expected - meanOfTarget(own, label, labelSmoothing));
  });
  return slope;
}

/**
 * Scales the evidence for the classes so that it fits best, and scores it. A strong penalty finds good directions with timid logits; the
 * scale makes up for it. This is temperature scaling (Guo et al., https://arxiv.org/abs/1706.04599) that leaves the class priors alone.
 * @param evidence `[images, classes]`: logits of fits that did not see the image, without the log prior
 * @param targets images of weight 0 are left out
 */
export function scoreHeldOut(
  evidence: Float64Array,
  targets: Targets,
  logPriors: Float64Array,
): HeldOutScore {
  const {labels, classes, weights, labelSmoothing} = targets;
  let [low, high] = [RANGE[0], RANGE[1]] as [number, number];
  while (high / low - 1 > TOLERANCE) {
    const middle = Math.sqrt(low * high);
    if (slopeAt(middle, evidence, targets, logPriors) > 0) high = middle;
    else low = middle;
  }
  const scale = Math.sqrt(low * high);
  const logits = new Float64Array(classes);
  let [lossSum, weightSum, correct, images] = [0, 0, 0, 0];
  labels.forEach((label, i) => {
    if (weights[i] === 0) return;
    const own = evidence.subarray(i * classes, (i + 1) * classes);
    const logNormalizer = scaledLogits(own, logPriors, scale, logits);
    lossSum += weights[i]! * (logNormalizer - meanOfTarget(logits, label, labelSmoothing));
    weightSum += weights[i]!;
    images++;
    // The highest logit is 0.
    if (logits.indexOf(0) === label) correct++;
  });
  return {scale, loss: lossSum / weightSum, accuracy: correct / images};
}
