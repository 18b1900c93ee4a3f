import {defineError, FinetuneError} from '../core/errors.js';
import {tf, type Tensor2D, type Tensor4D} from '../backend/tensorflow.js';

/**
 * Runs a network on 8-bit pixels.
 * @param images RGB, `[n, size, size, 3]`
 * @returns the result of `network`, `[n, classes]`, in CPU memory
 */
export function runNetwork(
  images: Uint8Array,
  size: number,
  network: (pixels: Tensor4D) => Tensor2D,
): Float32Array {
  const count = images.length / (size * size * 3);
  return tf.tidy(() =>
    network(tf.tensor4d(images, [count, size, size, 3], 'int32'))
      .dataSync<'float32'>()
      .slice(),
  );
}

/** Calls a function with 8-bit pixels on the device. @param images RGB, `[n, size, size, 3]` */
export function withPixels<T>(images: Uint8Array, size: number, use: (pixels: Tensor4D) => T): T {
  const count = images.length / (size * size * 3);
  const pixels = tf.tensor4d(images, [count, size, size, 3], 'int32');
  try {
    return use(pixels);
  } finally {
    pixels.dispose();
  }
}

/** A probability of an exported classifier is NaN or infinite. */
export class NotFiniteError extends defineError(
  FinetuneError,
  'PROBABILITY_NOT_FINITE',
  ({directory, found}: {directory: string; found: number}) =>
    `The model in ${directory} gives ${found} as a probability. Its weights overflow: train again with a lower rate.`,
) {}

/** @throws NotFiniteError for the first probability that is not finite */
export function assertFinite(probabilities: Float32Array, directory: string): Float32Array {
  const wrong = probabilities.find(probability => !Number.isFinite(probability));
  if (wrong !== undefined) throw new NotFiniteError({directory, found: wrong});
  return probabilities;
}
