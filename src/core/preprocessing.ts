/**
 * How an image becomes a square: the middle of it, as the weights were trained; all of it with its sides squeezed; or all of it with the
 * rest of the square filled.
 */
export const FITS = ['crop', 'squash', 'pad'] as const;
export type Fit = (typeof FITS)[number];

/**
 * How pixels must be fed to a set of weights. A record without code: `datasets` resizes and crops by it, `backbones` normalizes by it on
 * the device, `export` writes it into the exported model.
 *
 * @example
 * const {cropSize, mean, std}: Preprocessing = model.preprocessing;
 */
export interface Preprocessing {
  /** Length of the short side after resizing, in pixels; the long side follows, truncated to whole pixels (torchvision `Resize`). */
  readonly resizeSize: number;
  /** Side of the square cut from the center, in pixels. */
  readonly cropSize: number;
  /** Default: `crop`. Others resize straight to `cropSize`. */
  readonly fit?: Fit;
  /** Antialiased, as PIL does it; sharp calls this kernel `linear`. */
  readonly interpolation: 'bilinear';
  /** Order in which the first convolution expects the colors. Stored pixels are always RGB. */
  readonly channelOrder: 'rgb' | 'bgr';
  /** Multiplies the 0..255 values before `mean` is subtracted. */
  readonly scale: number;
  /** In `channelOrder`, after scaling. */
  readonly mean: readonly [number, number, number];
  /** In `channelOrder`, after scaling. */
  readonly std: readonly [number, number, number];
}

/** torchvision's ImageNet normalization (vision/references/classification/presets.py), for weights trained at 256 -> 224. */
export const TORCHVISION_PREPROCESSING: Preprocessing = {
  resizeSize: 256,
  cropSize: 224,
  interpolation: 'bilinear',
  channelOrder: 'rgb',
  scale: 1 / 255,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

/** Keras Applications' "caffe" mode (keras/src/applications/imagenet_utils.py): BGR minus the ImageNet means, unscaled. */
export const CAFFE_PREPROCESSING: Preprocessing = {
  ...TORCHVISION_PREPROCESSING,
  channelOrder: 'bgr',
  scale: 1,
  mean: [103.939, 116.779, 123.68],
  std: [1, 1, 1],
};

/** The mean color of the images that the weights were trained on, RGB 0..255: what pads an image becomes zero for the network. */
export function computeFillColor({
  mean,
  scale,
  channelOrder,
}: Preprocessing): readonly [number, number, number] {
  const [first, second, third] = mean.map(value => Math.round(value / scale)) as [
    number,
    number,
    number,
  ];
  return channelOrder === 'rgb' ? [first, second, third] : [third, second, first];
}

/** The same preprocessing with another fit; of `crop` nothing is said, as before there were others. */
export function withFit({fit: _, ...preprocessing}: Preprocessing, fit: Fit): Preprocessing {
  return fit === 'crop' ? preprocessing : {...preprocessing, fit};
}

/** The same preprocessing at another crop size, the resize keeping its proportion to the crop. */
export function withImageSize(preprocessing: Preprocessing, cropSize: number): Preprocessing {
  const resizeSize = Math.round((preprocessing.resizeSize * cropSize) / preprocessing.cropSize);
  return {...preprocessing, resizeSize, cropSize};
}
