import type {Preprocessing} from '../core/preprocessing.js';
import {toFloat} from '../engine/pixels.js';
import {tf, type Tensor4D} from '../engine/tensorflow.js';

/**
 * Pixels as the weights expect them: channel order, scale, mean, standard deviation.
 * @param images RGB 0..255, `[n, s, s, 3]`, of any type
 * @returns float32 of the same shape
 */
export function normalise(images: Tensor4D, {channelOrder, scale, mean, std}: Preprocessing): Tensor4D {
  return tf.tidy(() => {
    const pixels = channelOrder === 'bgr' ? tf.reverse4d(toFloat(images), 3) : toFloat(images);
    const factor = std.map(deviation => scale / deviation);
    const offset = mean.map((value, channel) => value / std[channel]!);
    return tf.sub<Tensor4D>(tf.mul(pixels, tf.tensor1d(factor)), tf.tensor1d(offset));
  });
}
