/**
 * How an image is fitted to the square input: center crop (as the weights were trained), squash (ignores the aspect ratio), or pad
 * (letterbox).
 */
export const FITS = ['crop', 'squash', 'pad'] as const;
export type Fit = (typeof FITS)[number];

/**
 * Preprocessing that a set of weights expects. Plain data: `datasets` resizes and crops by it, `backbones` normalizes by it on the device,
 * `export` writes it into the exported model.
 *
 * @example
 * const {cropSize, mean, std}: Preprocessing = model.preprocessing;
 */
export interface Preprocessing {
  /**
   * Length of the short side after resizing, in pixels. The long side keeps the aspect ratio, truncated to whole pixels (torchvision
   * `Resize`).
   */
  readonly resizeSize: number;
  /** Side of the center crop, in pixels. */
  readonly cropSize: number;
  /** Default: `crop`. The others resize directly to `cropSize`. */
  readonly fit?: Fit;
  /** Antialiased, as in PIL; sharp calls this kernel `linear`. */
  readonly interpolation: 'bilinear';
  /** Channel order that the first convolution expects. Stored pixels are always RGB. */
  readonly channelOrder: 'rgb' | 'bgr';
  /** Factor for the 0..255 values, applied before `mean` is subtracted. */
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

/** Mean color of the training images, RGB 0..255. Padding of this color becomes zero after normalization. */
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

/** Key of the pixels that a preprocessing makes of an image. Normalization is not in it: it is part of the network. */
export function resizeKey(preprocessing: Preprocessing): string {
  const {resizeSize, cropSize, interpolation, fit = 'crop'} = preprocessing;
  const fill = fit === 'pad' ? computeFillColor(preprocessing) : [];
  return [fit, resizeSize, cropSize, interpolation, ...fill].join(' ');
}

/** The same preprocessing with another fit. `crop` is stored as an absent key, as in files from before the other fits existed. */
export function withFit({fit: _, ...preprocessing}: Preprocessing, fit: Fit): Preprocessing {
  return fit === 'crop' ? preprocessing : {...preprocessing, fit};
}

/** The same preprocessing at another crop size. The ratio of resize to crop size is kept. */
export function withImageSize(preprocessing: Preprocessing, cropSize: number): Preprocessing {
  const resizeSize = Math.round((preprocessing.resizeSize * cropSize) / preprocessing.cropSize);
  return {...preprocessing, resizeSize, cropSize};
}
