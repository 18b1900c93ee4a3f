import {readSystemResources} from '../core/system-resources.js';
import {groupConvolutions, type BackboneSpec} from './resnet-specs.js';

const BYTES_PER_FLOAT = 4;

/** Side of the maps of a group: the stem's convolution halves images, its pooling and every stage after the first halve again. */
const featureMapSide = (conv: string, size: number): number =>
  Math.ceil(size / 2 ** (Number(/^layer(\d)/.exec(conv)?.[1] ?? 0) + 1));

/** Bytes that each convolution of some groups gives for one image, float32. */
const outputBytes = (spec: BackboneSpec, size: number, from: number, until: number): number[] =>
  groupConvolutions(spec, from, until).map(
    ({conv, outChannels}) => BYTES_PER_FLOAT * outChannels * featureMapSide(conv, size) ** 2,
  );

/** Bytes of what the convolutions from a boundary on give for one image, which a gradient needs all at once. */
export const gradientBytes = (spec: BackboneSpec, size: number, frozenDepth = 0): number =>
  outputBytes(spec, size, frozenDepth, spec.lastStage + 1).reduce((sum, bytes) => sum + bytes, 0);

/** Bytes that one image takes on its way through a backbone without gradients: a block holds its input, its shortcut and its output. */
export const inferenceBytesPerImage = (spec: BackboneSpec, size: number): number =>
  3 * Math.max(...outputBytes(spec, size, 0, spec.lastStage + 1));

/** How many images may go through a backbone at a time: so many at most, and no more than half of the free memory holds. */
export const inferenceBatchSize = (
  spec: BackboneSpec,
  size: number,
  maxImages: number,
  {memoryFree} = readSystemResources(),
): number =>
  Math.max(1, Math.min(maxImages, Math.floor(memoryFree / 2 / inferenceBytesPerImage(spec, size))));
