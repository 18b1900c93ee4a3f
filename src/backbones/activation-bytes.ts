import {readSystemResources} from '../core/system-resources.js';
import {networkBlocks} from './network.js';
import type {BackboneSpec} from './resnet-specs.js';

const BYTES_PER_FLOAT = 4;

/**
 * Bytes of each output of a convolution, or of a batch norm without one, for one image, float32. All outputs of a block count with the size of its last map, because the
 * constants in memory-need.ts were fitted that way.
 */
const outputBytes = (spec: BackboneSpec, size: number, from = 0): number[] =>
  networkBlocks(spec, from).flatMap(({steps}) => {
    const maps = steps.filter(({kind}) => /^(?:conv|convNorm|norm)$/.test(kind));
    const side = Math.ceil(size / maps.at(-1)!.reduction);
    return maps.map(({channels}) => BYTES_PER_FLOAT * channels * side ** 2);
  });

/** Bytes per image of the convolution outputs above a frozen depth, which the backward pass needs all at once. */
export const gradientBytes = (spec: BackboneSpec, size: number, frozenDepth = 0): number =>
  outputBytes(spec, size, frozenDepth).reduce((sum, bytes) => sum + bytes, 0);

/** Bytes per image of a forward pass without gradients: a block holds its input, its shortcut and its output. */
export const inferenceBytesPerImage = (spec: BackboneSpec, size: number): number =>
  3 * Math.max(...outputBytes(spec, size));

/** Batch size for inference: at most `maxImages`, and no more than fit in half of the free memory. */
export const inferenceBatchSize = (
  spec: BackboneSpec,
  size: number,
  maxImages: number,
  {memoryFree} = readSystemResources(),
): number =>
  Math.max(1, Math.min(maxImages, Math.floor(memoryFree / 2 / inferenceBytesPerImage(spec, size))));
