import {tf, type Tensor} from '../tensorflow.js';

export interface ForwardResult<T extends Tensor> {
  readonly value: T;
  /** Tensors that the gradient needs. tfjs keeps them until the backward pass ends, or not at all if nothing is differentiated. */
  readonly save: readonly Tensor[];
}

/**
 * Runs `forward` without recording it, and gives it a custom gradient.
 *
 * `dy` is disposed after use. tfjs would otherwise keep the gradient of every activation until the backward pass ends, which doubles the
 * memory of the activations. A `dy` that the caller of `tf.grad` passes for the last operation is disposed too.
 * @param gradient returns one tensor per input, in their order; all are computed, even for inputs that lead to nothing trainable
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
