import type {Preprocessing} from '../core/preprocessing.js';
import {toFloat} from '../backend/ops/pixels.js';
import {tf, type Tensor4D} from '../backend/tensorflow.js';

/** One value per channel, repeated along a row: twice as fast to broadcast as three values. */
const repeatAlongRow = (values: readonly number[], {shape: [, , width]}: Tensor4D): Tensor4D =>
  tf.tensor4d(Array.from({length: width}, () => values).flat(), [1, 1, width, values.length]);

/**
 * Normalizes pixels for a set of weights: channel order, scale, mean, standard deviation.
 * @param images RGB 0..255, `[n, s, s, 3]`, of any type
 * @returns float32 of the same shape
 */
export function normalize(
  images: Tensor4D,
  {channelOrder, scale, mean, std}: Preprocessing,
): Tensor4D {
  return tf.tidy(() => {
    const pixels = channelOrder === 'bgr' ? tf.reverse4d(toFloat(images), 3) : toFloat(images);
    const factor = std.map(channelStd => scale / channelStd);
    const offset = mean.map((value, channel) => value / std[channel]!);
    return tf.sub<Tensor4D>(
      tf.mul(pixels, repeatAlongRow(factor, images)),
      repeatAlongRow(offset, images),
    );
  });
}
