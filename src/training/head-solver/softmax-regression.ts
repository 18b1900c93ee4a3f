import {tf, type Tensor2D} from '../../backend/tensorflow.js';
import type {FeatureMatrix} from './feature-matrix.js';
import type {Objective} from './lbfgs.js';

/** Targets of the training images. Every view of an image has its target. */
export interface Targets {
  readonly labels: Int32Array;
  readonly classes: number;
  /** Loss weight of each image. Images of weight 0 are left out. */
  readonly weights: Float64Array;
  /** Fraction of each target spread over all classes. */
  readonly labelSmoothing: number;
}

/** Penalty of a kernel W: l2 / 2 times the sum of W * (covariance W). Biases have none. */
export interface Penalty {
  readonly l2: number;
  /** `[width, width]` on the device; the identity if absent. */
  readonly covariance?: Tensor2D;
}

/** A new point: kernel `[width, classes]`, row-major, then a bias for each class. */
export const zeroPoint = ({width}: FeatureMatrix, classes: number): Float64Array =>
  new Float64Array((width + 1) * classes);

/** Product of two matrices, computed on the device in float32. */
function multiply(a: Tensor2D, b: Tensor2D, transposesA = false): Float32Array {
  const product = tf.matMul(a, b, transposesA);
  const values = product.dataSync<'float32'>();
  product.dispose();
  return values;
}

/** The kernel of a point on the device, for the calls of `use`. */
function withKernel(
  point: Float64Array,
  width: number,
  classes: number,
  use: (kernel: Tensor2D) => void,
): void {
  const values = new Float32Array(point.subarray(0, width * classes));
  const kernel = tf.tensor2d(values, [width, classes]);
  use(kernel);
  kernel.dispose();
}

/** Replaces a row of products with probabilities. @returns the logarithm of the normalizer of the logits */
function softmaxRow(row: Float32Array, bias: Float64Array, logits: Float64Array): number {
  let highest = -Infinity;
  for (let k = 0; k < row.length; k++)
    highest = Math.max(highest, (logits[k] = row[k]! + bias[k]!));
  let sum = 0;
  for (let k = 0; k < row.length; k++) sum += row[k] = Math.exp(logits[k]! - highest);
  for (let k = 0; k < row.length; k++) row[k]! /= sum;
  return highest + Math.log(sum);
}

/** Cross-entropy of one image against its smoothed target. */
function crossEntropy(
  logits: Float64Array,
  logNormalizer: number,
  label: number,
  labelSmoothing: number,
): number {
  const own = logNormalizer - logits[label]!;
  if (labelSmoothing === 0) return own;
  const all = logNormalizer - logits.reduce((sum, value) => sum + value, 0) / logits.length;
  return (1 - labelSmoothing) * own + labelSmoothing * all;
}

/**
 * Multinomial logistic regression: the weighted mean of the cross-entropy over all rows, plus the penalty. Matrix products are float32;
 * everything else is float64.
 */
export function regressionObjective(
  matrix: FeatureMatrix,
  {labels, classes, weights, labelSmoothing}: Targets,
  {l2, covariance}: Penalty,
): Objective {
  const {width, blocks, views} = matrix;
  const weightSum = views * weights.reduce((sum, weight) => sum + weight, 0);
  const logits = new Float64Array(classes);
  return point => {
    const bias = point.subarray(width * classes);
    const gradient = new Float64Array(point.length);
    let lossSum = 0;
    let penalized: ArrayLike<number> = point;
    withKernel(point, width, classes, kernel => {
      if (covariance !== undefined) penalized = multiply(covariance, kernel);
      for (const {rows, firstImage} of blocks) {
        // Logits, then probabilities, then the gradient with respect to the logits.
        const values = multiply(rows, kernel);
        for (let i = 0; i < rows.shape[0]; i++) {
          const row = values.subarray(i * classes, (i + 1) * classes);
          const weight = weights[firstImage + i]! / weightSum;
          if (weight === 0) {
            row.fill(0);
            continue;
          }
          const label = labels[firstImage + i]!;
          const logNormalizer = softmaxRow(row, bias, logits);
          lossSum += weight * crossEntropy(logits, logNormalizer, label, labelSmoothing);
          row[label]! -= 1 - labelSmoothing;
          for (let k = 0; k < classes; k++) {
            row[k] = weight * (row[k]! - labelSmoothing / classes);
            gradient[width * classes + k]! += row[k]!;
          }
        }
        const residuals = tf.tensor2d(values, [rows.shape[0], classes]);
        const products = multiply(rows, residuals, true);
        for (let i = 0; i < products.length; i++) gradient[i]! += products[i]!;
        residuals.dispose();
      }
    });
    let squares = 0;
    for (let i = 0; i < width * classes; i++) {
      squares += point[i]! * penalized[i]!;
      gradient[i]! += l2 * penalized[i]!;
    }
    return {value: lossSum + (l2 / 2) * squares, gradient};
  };
}

/** Logits of some unaugmented images at a point, `[indices, classes]`. @param indices images in ascending order */
export function computeLogits(
  {width, blocks}: FeatureMatrix,
  classes: number,
  point: Float64Array,
  indices: readonly number[],
): Float64Array {
  const bias = point.subarray(width * classes);
  const logits = new Float64Array(indices.length * classes);
  let done = 0;
  withKernel(point, width, classes, kernel => {
    for (const {rows, firstImage} of blocks.filter(({view}) => view === 0)) {
      const values = multiply(rows, kernel);
      for (; done < indices.length && indices[done]! < firstImage + rows.shape[0]; done++) {
        const start = (indices[done]! - firstImage) * classes;
        logits.set(values.subarray(start, start + classes), done * classes);
      }
    }
  });
  for (let i = 0; i < logits.length; i++) logits[i]! += bias[i % classes]!;
  return logits;
}
