import {tf, type Scalar, type Tensor} from '../../src/backend/tensorflow.js';
import {uniform} from './hashed-weights.js';

/** Numbers in [-1, 1) that depend on the name alone, the same on every backend. */
export const draw = <T extends Tensor>(name: string, shape: readonly number[]): T =>
  tf.tensor(uniform(name, tf.util.sizeFromShape([...shape])), [...shape]) as T;

type Operation = (...inputs: Tensor[]) => Tensor;

/** A scalar in which every element of the result has a weight of its own. */
const weighed = (operation: Operation, inputs: readonly Tensor[]): Scalar =>
  tf.tidy(() => {
    const y = operation(...inputs);
    return tf.sum(tf.mul(y, draw('weights of the result', y.shape)));
  });

/** Gradients of the weighed result for each input; the caller disposes them. */
export const gradientsOf = (operation: Operation, inputs: readonly Tensor[]): Tensor[] =>
  tf.grads((...given: Tensor[]) => weighed(operation, given))([...inputs]);

/**
 * How far the gradients are from central differences, along a direction per input that moves all its elements; relative to the larger of
 * both, or to 1.
 */
export function distanceFromDifferences(
  operation: Operation,
  inputs: readonly Tensor[],
  step: number,
): number {
  return tf.tidy(() => {
    const gradients = gradientsOf(operation, inputs);
    const distances = inputs.map((input, i) => {
      const direction = draw('direction', input.shape);
      const moved = (by: number): number => {
        const there = inputs.map((other, j) =>
          j === i ? tf.add(other, tf.mul(direction, by)) : other,
        );
        return weighed(operation, there).dataSync()[0]!;
      };
      const slope = (moved(step) - moved(-step)) / (2 * step);
      const along = tf.sum(tf.mul(gradients[i]!, direction)).dataSync()[0]!;
      return Math.abs(slope - along) / Math.max(1, Math.abs(slope), Math.abs(along));
    });
    return Math.max(...distances);
  });
}

export const largestDifference = (a: Tensor, b: Tensor): number =>
  tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!);
