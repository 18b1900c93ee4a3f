import {MIN_PROBABILITY} from '../metrics/loss-sum.js';

/** Mean and standard deviation of a number. */
export type Moments = readonly [mean: number, deviation: number];

/** What a classifier knows of the images it was validated on, to tell images of none of its classes. */
export interface OpenSet {
  /** `[width]`: mean of the features that the last layer takes. */
  readonly mean: Float32Array;
  /** `[width]`: inverse variance of each. */
  readonly precision: Float32Array;
  /** Of the log of the margin to the decision boundaries. */
  readonly margin: Moments;
  /** Of the log of the distance from the mean. */
  readonly distance: Moments;
  /** An image with a lower score is unknown. */
  readonly threshold: number;
}

/** Last layer of a head, in torchvision's layout: `[classes, width]`. */
export interface LastLayer {
  readonly weight: Float32Array;
  readonly classes: number;
}

/** Features and probabilities of images: `[n, width]` and `[n, classes]`. */
export interface ScoredImages {
  readonly features: Float32Array;
  readonly probabilities: Float32Array;
}

/** Fraction of validation images that the threshold keeps. */
export const KEPT_FRACTION = 0.95;
/** Fewer images tell too little about the spread of features. */
export const MIN_IMAGES = 20;
/** Least variance of a feature, as a fraction of that of all features: a dead feature is not evidence. */
const MIN_VARIANCE = 1e-4;
const TINY = 1e-9;

const momentsOf = (values: readonly number[]): Moments => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return [mean, Math.max(Math.sqrt(variance), TINY)];
};

/** Row of a matrix. */
const row = (matrix: Float32Array, index: number, width: number): Float32Array =>
  matrix.subarray(index * width, (index + 1) * width);

/** Distances between the weights of classes, computed for a class when it is first predicted. */
class ClassDistances {
  readonly #rows = new Map<number, Float64Array>();

  constructor(readonly layer: LastLayer) {}

  from(predicted: number): Float64Array {
    const known = this.#rows.get(predicted);
    if (known !== undefined) return known;
    const {weight, classes} = this.layer;
    const width = weight.length / classes;
    const own = row(weight, predicted, width);
    const distances = Float64Array.from({length: classes}, (_, other) =>
      Math.sqrt(
        row(weight, other, width).reduce((sum, value, i) => sum + (value - own[i]!) ** 2, 0),
      ),
    );
    this.#rows.set(predicted, distances);
    return distances;
  }
}

/**
 * Log of the mean distance of features from the decision boundaries, over their distance from the mean feature (fDBD, Liu and Qin,
 * https://arxiv.org/abs/2312.11536). Differences of logits are those of log probabilities.
 */
function logMargin(
  features: Float32Array,
  probabilities: Float32Array,
  mean: ArrayLike<number>,
  distances: ClassDistances,
): number {
  const predicted = probabilities.indexOf(Math.max(...probabilities));
  const logit = (index: number): number =>
    Math.log(Math.max(probabilities[index]!, MIN_PROBABILITY));
  let [sum, count] = [0, 0];
  distances.from(predicted).forEach((distance, other) => {
    if (distance === 0) return;
    sum += (logit(predicted) - logit(other)) / distance;
    count++;
  });
  const spread = Math.sqrt(
    features.reduce((total, value, i) => total + (value - mean[i]!) ** 2, 0),
  );
  return Math.log(sum / Math.max(1, count) / (spread + TINY) + TINY);
}

/** Log of the mean squared distance from the mean, each feature in units of its deviation. */
const logDistance = (
  features: Float32Array,
  mean: ArrayLike<number>,
  precision: ArrayLike<number>,
): number =>
  Math.log(
    features.reduce((sum, value, i) => sum + (value - mean[i]!) ** 2 * precision[i]!, 0) /
      features.length +
      TINY,
  );

const combine = (
  margin: number,
  distance: number,
  openSet: Omit<OpenSet, 'mean' | 'precision' | 'threshold'>,
): number =>
  (margin - openSet.margin[0]) / openSet.margin[1] -
  (distance - openSet.distance[0]) / openSet.distance[1];

/** Scores how much images are like those of the known classes: higher is more. */
export class OpenSetScorer {
  readonly #distances: ClassDistances;

  constructor(
    readonly openSet: OpenSet,
    readonly layer: LastLayer,
  ) {
    this.#distances = new ClassDistances(layer);
  }

  /** @returns scores `[n]`, minus the threshold: an image below 0 is unknown */
  score({features, probabilities}: ScoredImages): Float64Array {
    const {openSet, layer} = this;
    const {mean, precision, threshold} = openSet;
    return Float64Array.from({length: probabilities.length / layer.classes}, (_, i) => {
      const feature = row(features, i, mean.length);
      const margin = logMargin(
        feature,
        row(probabilities, i, layer.classes),
        mean,
        this.#distances,
      );
      return combine(margin, logDistance(feature, mean, precision), openSet) - threshold;
    });
  }
}

/** Means and variances of features. */
function featureMoments(features: Float32Array, width: number) {
  const count = features.length / width;
  const [mean, variance] = [new Float64Array(width), new Float64Array(width)];
  features.forEach((value, i) => (mean[i % width]! += value / count));
  features.forEach((value, i) => (variance[i % width]! += (value - mean[i % width]!) ** 2 / count));
  const all = momentsOf(Array.from(mean));
  // Variance of all values: within features, and between their means.
  const total = variance.reduce((sum, value) => sum + value, 0) / width + all[1] ** 2;
  return {count, mean, variance, floor: MIN_VARIANCE * total + TINY};
}

/**
 * Fits what tells unknown images on validation images. Each image is measured against the others: with hundreds of features and few images,
 * its own part in mean and variance would make it look far more ordinary than a new image.
 * @returns undefined for fewer than 20 images
 */
export function fitOpenSet(
  {features, probabilities}: ScoredImages,
  layer: LastLayer,
): OpenSet | undefined {
  const {classes} = layer;
  const images = probabilities.length / classes;
  if (images < MIN_IMAGES) return undefined;
  const width = features.length / images;
  const {count, mean, variance, floor} = featureMoments(features, width);
  const distances = new ClassDistances(layer);
  const precisionOf = (value: number): number => 1 / (Math.max(0, value) + floor);
  const measured = Array.from({length: images}, (_, i) => {
    const feature = row(features, i, width);
    const others = mean.map((value, k) => value - (feature[k]! - value) / (count - 1));
    const precision = variance.map((value, k) => {
      const squared = (feature[k]! - mean[k]!) ** 2 * (count / (count - 1));
      return precisionOf((count * value - squared) / (count - 1));
    });
    return {
      margin: logMargin(feature, row(probabilities, i, classes), others, distances),
      distance: logDistance(feature, others, precision),
    };
  });
  const moments = {
    margin: momentsOf(measured.map(({margin}) => margin)),
    distance: momentsOf(measured.map(({distance}) => distance)),
  };
  const scores = measured
    .map(({margin, distance}) => combine(margin, distance, moments))
    .sort((a, b) => a - b);
  return {
    mean: Float32Array.from(mean),
    precision: Float32Array.from(variance, precisionOf),
    ...moments,
    threshold: scores[Math.floor((1 - KEPT_FRACTION) * images)]!,
  };
}
