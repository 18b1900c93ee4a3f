import {tf, type Tensor} from './tensorflow.js';

export interface Computed<T extends Tensor> {
  readonly value: T;
  /** What the gradient needs: held by tfjs until the backward pass is over, not at all when nothing is being differentiated. */
  readonly save: readonly Tensor[];
}

/**
 * Runs `forward` unrecorded, with a gradient of our own in its place.
 * @param gradient one tensor for each of `inputs`, in their order; all are computed, also those that lead to nothing trained
 */
export function differentiable<T extends Tensor>(
  inputs: readonly Tensor[],
  forward: () => Computed<T>,
  gradient: (dy: T, saved: readonly Tensor[]) => Tensor[],
): T {
  const attach = tf.customGrad((...given) => {
    const saveForBackward = given.at(-1) as unknown as (tensors: readonly Tensor[]) => void;
    const {value, save} = forward();
    saveForBackward(save);
    return {value, gradFunc: (dy: Tensor, saved: Tensor[]) => gradient(dy as T, saved)};
  });
  return attach(...inputs) as T;
}
