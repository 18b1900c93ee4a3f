import {tf, type Tensor} from '../tensorflow.js';

export interface ForwardResult<T extends Tensor> {
  readonly value: T;
  /** What the gradient needs: held by tfjs until the backward pass is over, not at all when nothing is being differentiated. */
  readonly save: readonly Tensor[];
}

/**
 * Runs `forward` unrecorded, with a gradient of our own in its place.
 *
 * `dy` is disposed once it is used: tfjs would hold the gradient of every activation until the backward pass is over, as much memory again
 * as the activations themselves. One that a caller of `tf.grad` gives for the last operation goes the same way.
 * @param gradient one tensor for each of `inputs`, in their order; all are computed, also those that lead to nothing trained
 */
export function withCustomGradient<T extends Tensor>(
  inputs: readonly Tensor[],
  forward: () => ForwardResult<T>,
  gradient: (dy: T, saved: readonly Tensor[]) => Tensor[],
): T {
  const applyCustomGradient = tf.customGrad((...args) => {
    const saveForBackward = args.at(-1) as unknown as (tensors: readonly Tensor[]) => void;
    const {value, save} = forward();
    saveForBackward(save);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const gradients = gradient(dy as T, saved);
      dy.dispose();
      return gradients;
    };
    return {value, gradFunc};
  });
  return applyCustomGradient(...inputs) as T;
}

/** `Ops.add`, the same on every backend. */
export const add = <T extends Tensor>(a: T, b: T): T =>
  withCustomGradient(
    [a, b],
    () => ({value: tf.add<T>(a, b), save: []}),
    dy => [tf.clone(dy), tf.clone(dy)],
  );
