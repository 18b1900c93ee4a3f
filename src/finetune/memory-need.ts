import {convolutionBytes, inferenceBytes} from '../backbones/activation-bytes.js';
import {frozenBoundary, groupOf} from '../backbones/layer-groups.js';
import {backboneShapes, type BackboneSpec} from '../backbones/resnet-specs.js';
import {MachineError} from '../core/errors.js';
import {resources, usable, type Resource} from '../core/resources.js';
import {sizeOf} from '../core/host-tensor.js';
import type {Phase, Recipe} from './recipe.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/**
 * What a run takes, measured as the peak of the resident set less the pages of files in it, on two cores (ResNet-18 and ResNet-50, whole and
 * up to stage 3, batches of 2 to 32 images of 224 px): within a tenth.
 */
const FIXED = 450 * MIB;
/** Copies of every weight: on the host, on the device, folded. */
const COPIES = 3;
/** Further copies of a trained one: gradient, moments, the session's, the best so far, a checkpoint's. */
const TRAINED_COPIES = 9;
/** What a gradient holds for each byte that a convolution gives. */
const HELD = {inference: 1.7, training: 2.2} as const;
/** Of a network alone on a processor, once the engine runs. */
const ENGINE = 200 * MIB;

/** Of a recipe, what decides how much memory it takes. */
export type Sized = Pick<Recipe, 'freeze' | 'batchSize' | 'batchNorm'>;

function weightBytes(spec: BackboneSpec, {rates}: Pick<Phase, 'rates'>): {readonly all: number; readonly trained: number} {
  let [all, trained] = [0, 0];
  for (const [name, shape] of backboneShapes(spec)) {
    const bytes = 4 * sizeOf(shape);
    all += bytes;
    if (rates[groupOf(name)] !== null) trained += bytes;
  }
  return {all, trained};
}

/** Bytes of memory that a run takes at its peak, caches of pixels and features aside. @param onGpu where activations are no matter of memory */
export function memoryNeed(spec: BackboneSpec, size: number, {freeze, batchSize, batchNorm}: Sized, onGpu = false): number {
  const needs = freeze.map(phase => {
    const {all, trained} = weightBytes(spec, phase);
    const weights = FIXED + COPIES * all + TRAINED_COPIES * trained;
    if (onGpu) return weights;
    const image = HELD[batchNorm] * convolutionBytes(spec, size, frozenBoundary(phase.rates, spec.lastStage));
    return weights + batchSize * Math.max(image, inferenceBytes(spec, size));
  });
  return Math.max(...needs);
}

/** Share of the memory that a recommended batch takes at most. */
const ROOM = 0.9;

/** The largest batch, up to the recipe's, with which a run fits well into so many bytes; 0 where none does. */
export function largestBatch(spec: BackboneSpec, size: number, recipe: Sized, bytes: number): number {
  let batchSize = recipe.batchSize;
  while (batchSize > 0 && memoryNeed(spec, size, {...recipe, batchSize}) > ROOM * bytes) batchSize >>= 1;
  return batchSize;
}

/** A run that would be killed for its memory. */
export class MemoryShortError extends MachineError {
  override readonly code = 'MEMORY_SHORT';

  constructor(
    readonly neededBytes: number,
    readonly memory: Resource,
    what: string,
    cure: string,
  ) {
    const gib = (bytes: number): string => `${(bytes / GIB).toFixed(1)} GiB`;
    const {host, limit, limitFrom} = memory;
    const has = limit === undefined ? `this machine has ${gib(host)}` : `the limit here is ${gib(limit)} (${limitFrom})`;
    super(`${what} needs about ${gib(neededBytes)} of memory, and ${has}. ${cure}`);
  }
}

/** @throws MemoryShortError (exit 4) for a run that cannot fit into memory, with what would */
export function assertFits(spec: BackboneSpec, size: number, recipe: Sized, onGpu: boolean, memory = resources().memory): void {
  const needed = memoryNeed(spec, size, recipe, onGpu);
  if (needed <= usable(memory)) return;
  const what = `Training ${spec.arch} at ${size} px in batches of ${recipe.batchSize}`;
  const fitting = onGpu ? 0 : largestBatch(spec, size, recipe, usable(memory));
  throw new MemoryShortError(needed, memory, what, fitting > 0 ? `Use --batch-size ${fitting}, or allow more memory.` : cureOf(recipe));
}

/** What to do where no batch fits. */
function cureOf({freeze}: Sized): string {
  const trainsMore = freeze.some(({rates}) => Object.entries(rates).some(([group, rate]) => group !== 'head' && rate !== null));
  const less = trainsMore ? 'Train the head alone (--freeze probe), take' : 'Take';
  return `${less} a smaller --arch or --image-size, or allow more memory.`;
}

/** Bytes for decoded pixels and cached features together: a third of the memory, as far as training leaves it. */
export function cacheBudget(spec: BackboneSpec, size: number, recipe: Recipe, onGpu: boolean, {memory, memoryFree} = resources()): number {
  if (recipe.cacheMemory !== undefined) return recipe.cacheMemory * GIB;
  const left = Math.min(usable(memory), memoryFree + ENGINE) - memoryNeed(spec, size, recipe, onGpu);
  return Math.max(0, Math.min(usable(memory) / 3, left));
}
