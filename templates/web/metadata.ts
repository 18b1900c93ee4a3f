import type {Preprocessing} from '../../src/core/preprocessing.js';
import type {ResizeMetadata} from '../../src/export/record/metadata.js';

/** What an image is resized by, from `metadata.json`. Normalization is part of the network, so these values leave colors as they are. */
export function toPreprocessing({inputSize, resize, pad}: ResizeMetadata): Preprocessing {
  const shared = {
    cropSize: inputSize,
    interpolation: 'bilinear',
    channelOrder: 'rgb',
    scale: 1,
    mean: pad?.color ?? [0, 0, 0],
    std: [1, 1, 1],
  } as const;
  if (pad !== undefined) return {...shared, resizeSize: inputSize, fit: 'pad'};
  return 'shortSide' in resize
    ? {...shared, resizeSize: resize.shortSide}
    : {...shared, resizeSize: inputSize, fit: 'squash'};
}
