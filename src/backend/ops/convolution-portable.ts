import type {Convolution, ConvGeometry, Shape4D} from './convolution.js';
import {withGroups} from './convolution-grouped.js';
import {tf, type Tensor2D, type Tensor4D} from '../tensorflow.js';

type Pair = [number, number];

/** Explicit padding in tfjs form: before and after each axis of `[n, h, w, c]`. */
const explicitPadding = (rows: Pair, columns: Pair): [Pair, Pair, Pair, Pair] => [
  [0, 0],
  rows,
  columns,
  [0, 0],
];
/** The same number of zeros on all four sides of the images. */
export const symmetricPadding = (padding: number): [Pair, Pair, Pair, Pair] =>
  explicitPadding([padding, padding], [padding, padding]);

/** `[n, h, w, c] -> [n * h * w, c]` */
const rows = (x: Tensor4D): Tensor2D => tf.reshape(x, [-1, x.shape[3]]);

/** Keeps every `stride`-th row and column. */
const subsample = (x: Tensor4D, stride: number): Tensor4D =>
  stride === 1
    ? x
    : (tf.stridedSlice(x, [0, 0, 0, 0], x.shape, [1, stride, stride, 1]) as Tensor4D);

/** Inserts `stride - 1` zeros between rows and between columns. */
function dilate(x: Tensor4D, stride: number): Tensor4D {
  if (stride === 1) return x;
  const [n, height, width, channels] = x.shape;
  const after: Pair = [0, stride - 1];
  const pixels = tf.pad3d(tf.reshape(x, [n * height * width, 1, channels]), [
    [0, 0],
    after,
    [0, 0],
  ]);
  const lines = tf.pad3d(tf.reshape(pixels, [n * height, 1, width * stride * channels]), [
    [0, 0],
    after,
    [0, 0],
  ]);
  const grid: Tensor4D = tf.reshape(lines, [n, height * stride, width * stride, channels]);
  return tf.slice4d(
    grid,
    [0, 0, 0, 0],
    [n, (height - 1) * stride + 1, (width - 1) * stride + 1, channels],
  );
}

const forward = (x: Tensor4D, filter: Tensor4D, {stride, padding}: ConvGeometry): Tensor4D =>
  tf.conv2d(x, filter, stride, symmetricPadding(padding));

/**
 * Rotates a filter by 180 degrees and swaps its input and output channels. Not with tfjs's `reverse`, which goes element by element on
 * WASM.
 */
function rotate180(filter: Tensor4D): Tensor4D {
  const [height, width, inputs, outputs] = filter.shape;
  const taps = tf.unstack(tf.reshape(filter, [height * width, inputs, outputs])).reverse();
  return tf.reshape(tf.transpose(tf.stack(taps), [0, 2, 1]), [height, width, outputs, inputs]);
}

/** Convolves the dilated `dy` with the rotated filter (Dumoulin & Visin, https://arxiv.org/abs/1603.07285, relationship 14). */
function inputGradient(
  dy: Tensor4D,
  filter: Tensor4D,
  inputShape: Shape4D,
  {stride, padding}: ConvGeometry,
): Tensor4D {
  return tf.tidy(() => {
    const [filterHeight, filterWidth] = filter.shape;
    const [, height, width] = inputShape;
    const grid = dilate(dy, stride);
    const top = filterHeight - 1 - padding;
    const left = filterWidth - 1 - padding;
    const paddings = explicitPadding(
      [top, height + padding - grid.shape[1]],
      [left, width + padding - grid.shape[2]],
    );
    return tf.conv2d(grid, rotate180(filter), 1, paddings);
  });
}

/** Convolves `x` with `dy` as the filter, dilated by `stride`. Examples take the place of channels, and channels that of examples. */
function filterGradient(
  dy: Tensor4D,
  x: Tensor4D,
  filterShape: Shape4D,
  {stride, padding}: ConvGeometry,
): Tensor4D {
  return tf.tidy(() => {
    const [height, width, inputs, outputs] = filterShape;
    if (height * width === 1)
      return tf.reshape(tf.matMul(tf.transpose(rows(subsample(x, stride))), rows(dy)), filterShape);
    const taps = tf.conv2d<Tensor4D>(
      tf.transpose(x, [3, 1, 2, 0]),
      tf.transpose(dy, [1, 2, 0, 3]),
      1,
      symmetricPadding(padding),
      'NHWC',
      stride,
    );
    return tf.transpose(
      tf.slice4d(taps, [0, 0, 0, 0], [inputs, height, width, outputs]),
      [1, 2, 0, 3],
    );
  });
}

/**
 * A convolution with gradients composed of convolutions, which runs on any backend with a convolution. WASM has no kernel for the filter
 * gradient, and its kernel for the input gradient was measured 4 to 10 times slower than this.
 */
export const portableConvolution: Convolution = withGroups({
  forward,
  inputGradient,
  filterGradient,
});
