import {tf, type Tensor2D, type Tensor4D} from '../engine/tensorflow.js';

/**
 * Runs 8-bit pixels through a network.
 * @param images RGB, `[n, size, size, 3]`
 * @returns what `network` gives for them, `[n, classes]`, on the host
 */
export function run(images: Uint8Array, size: number, network: (pixels: Tensor4D) => Tensor2D): Float32Array {
  const count = images.length / (size * size * 3);
  return tf.tidy(() =>
    network(tf.tensor4d(images, [count, size, size, 3], 'int32'))
      .dataSync<'float32'>()
      .slice(),
  );
}
