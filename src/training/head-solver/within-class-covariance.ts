import {tf, type Tensor2D} from '../../backend/tensorflow.js';
import type {FeatureMatrix} from './feature-matrix.js';
import type {Targets} from './softmax-regression.js';

/** Share of the identity in a shrunk covariance: few images say little of how features vary together (docs/freeze-schedules.md). */
const SHRINKAGE = 0.8;

/** Classes of the images of a block, `[images, classes]`: the weight of an image in the column of its class. */
function classWeights(
  {labels, classes, weights}: Targets,
  {rows, firstImage}: FeatureMatrix['blocks'][number],
  weightOf: (weight: number) => number,
): Tensor2D {
  const [images] = rows.shape;
  const values = new Float32Array(images * classes);
  for (let i = 0; i < images; i++)
    values[i * classes + labels[firstImage + i]!] = weightOf(weights[firstImage + i]!);
  return tf.tensor2d(values, [images, classes]);
}

/** Weighted mean of the rows of each class, `[classes, width]`. */
function classMeans({blocks, views, width}: FeatureMatrix, targets: Targets): Tensor2D {
  const {classes, labels, weights} = targets;
  const totals = new Float32Array(classes);
  labels.forEach((label, i) => (totals[label]! += views * weights[i]!));
  return tf.tidy(() => {
    let sums: Tensor2D = tf.zeros([classes, width]);
    for (const block of blocks)
      sums = tf.tidy(() => {
        const ofClass = classWeights(targets, block, weight => weight);
        return tf.add(sums, tf.matMul(ofClass, block.rows, true));
      });
    // A class without rows has sums of 0, whatever divides them.
    const divisors = tf.tensor2d(
      totals.map(total => total || 1),
      [classes, 1],
    );
    return tf.div(sums, divisors);
  });
}

/**
 * Covariance of the features within classes, shrunk towards the identity and scaled to a mean eigenvalue of 1: `[width, width]`. As a
 * penalty it holds down how much logits vary among images of one class, which is what linear discriminant analysis does (Friedman 1989,
 * "Regularized discriminant analysis"). Images of weight 0 have no part in it. The caller disposes it.
 */
export function withinClassCovariance(matrix: FeatureMatrix, targets: Targets): Tensor2D {
  const {blocks, width} = matrix;
  const means = classMeans(matrix, targets);
  const scatter = tf.tidy(() => {
    let sum: Tensor2D = tf.zeros([width, width]);
    for (const block of blocks)
      sum = tf.tidy(() => {
        const ofClass = classWeights(targets, block, () => 1);
        const deviations = tf.sub(block.rows, tf.matMul(ofClass, means));
        const roots = tf.sum(classWeights(targets, block, Math.sqrt), 1, true);
        const weighted = tf.mul<Tensor2D>(deviations, roots);
        return tf.add(sum, tf.matMul(weighted, weighted, true));
      });
    return sum;
  });
  means.dispose();
  const mean = meanDiagonal(scatter);
  const shrunk = tf.tidy(() => {
    const identity = tf.eye(width);
    return mean > 0
      ? tf.add<Tensor2D>(tf.mul(scatter, (1 - SHRINKAGE) / mean), tf.mul(identity, SHRINKAGE))
      : identity;
  });
  scatter.dispose();
  return shrunk;
}

/** Mean of the eigenvalues. */
function meanDiagonal(square: Tensor2D): number {
  const values = square.dataSync<'float32'>();
  const [width] = square.shape;
  let sum = 0;
  for (let i = 0; i < width; i++) sum += values[i * width + i]!;
  return sum / width;
}
