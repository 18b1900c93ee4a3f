import {readSystemResources} from '../core/system-resources.js';
import {networkBlocks} from './network.js';
import type {BackboneSpec} from './resnet-specs.js';

const BYTES_PER_FLOAT = 4;

/**
 * Bytes that each convolution of some groups gives for one image, float32. All of a block count with the map of its last one: what is
 * measured in memory-need.ts was fitted so.
 */
const outputBytes = (spec: BackboneSpec, size: number, from = 0): number[] =>
  networkBlocks(spec, from).flatMap(({layers}) => {
    const convs = layers.filter(({kind}) => kind === 'conv');
    const side = Math.ceil(size / convs.at(-1)!.reduction);
    return convs.map(({channels}) => BYTES_PER_FLOAT * channels * side ** 2);
  });

/** Bytes of what the convolutions from a boundary on give for one image, which a gradient needs all at once. */
export const gradientBytes = (spec: BackboneSpec, size: number, frozenDepth = 0): number =>
  outputBytes(spec, size, frozenDepth).reduce((sum, bytes) => sum + bytes, 0);

/** Bytes that one image takes on its way through a backbone without gradients: a block holds its input, its shortcut and its output. */
export const inferenceBytesPerImage = (spec: BackboneSpec, size: number): number =>
  3 * Math.max(...outputBytes(spec, size));

/** How many images may go through a backbone at a time: so many at most, and no more than half of the free memory holds. */
export const inferenceBatchSize = (
  spec: BackboneSpec,
  size: number,
  maxImages: number,
  {memoryFree} = readSystemResources(),
): number =>
  Math.max(1, Math.min(maxImages, Math.floor(memoryFree / 2 / inferenceBytesPerImage(spec, size))));
