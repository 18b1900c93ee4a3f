import {gradientBytes, inferenceBytesPerImage} from '../../backbones/activation-bytes.js';
import {computeFrozenDepth, getLayerGroup} from '../../backbones/layer-groups.js';
import {backboneShapes} from '../../backbones/network.js';
import type {BackboneSpec} from '../../backbones/resnet-specs.js';
import {defineError, UnsupportedEnvironmentError} from '../../core/errors.js';
import {readSystemResources, usableAmount, type Resource} from '../../core/system-resources.js';
import {sizeFromShape} from '../../core/state-dict.js';
import type {Phase} from '../recipe/phases.js';
import type {Recipe} from '../recipe/recipe.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/**
 * What a run takes, measured as the peak of the resident set less the pages of files in it, on two cores (ResNet-18 and ResNet-50, whole and
 * up to stage 3, batches of 2 to 32 images of 224 px): within a tenth.
 */
const FIXED_BYTES = 450 * MIB;
/** Copies of every weight: on the host, on the device, folded. */
const COPIES_PER_WEIGHT = 3;
/** Further copies of a trained one: gradient, moments, the session's, the best so far, a checkpoint's. */
const COPIES_PER_TRAINED_WEIGHT = 9;
/** What a gradient holds for each byte that a convolution gives. */
const GRADIENT_FACTOR = {inference: 1.7, training: 2.2} as const;
/** Of a network alone on a processor, once the backend runs. */
const BACKEND_BYTES = 200 * MIB;

/** Bytes of disk for cached features; undefined leaves the choice to what is free. */
export const diskBudget = ({cacheDisk}: Recipe): number | undefined =>
  cacheDisk === undefined ? undefined : cacheDisk * GIB;

/** Of a recipe, what decides how much memory it takes. */
export type MemoryFactors = Pick<Recipe, 'phases' | 'batchSize' | 'batchNorm'>;

function weightBytes(
  spec: BackboneSpec,
  {learningRates}: Pick<Phase, 'learningRates'>,
): {readonly all: number; readonly trained: number} {
  let [all, trained] = [0, 0];
  for (const [name, shape] of backboneShapes(spec)) {
    const bytes = 4 * sizeFromShape(shape);
    all += bytes;
    if (learningRates[getLayerGroup(name)] !== null) trained += bytes;
  }
  return {all, trained};
}

/** Bytes of memory that a run takes at its peak, caches of pixels and features aside. @param onGpu where activations are no matter of memory */
export function estimateMemory(
  spec: BackboneSpec,
  size: number,
  {phases, batchSize, batchNorm}: MemoryFactors,
  onGpu = false,
): number {
  const needs = phases.map(phase => {
    const {all, trained} = weightBytes(spec, phase);
    const weights = FIXED_BYTES + COPIES_PER_WEIGHT * all + COPIES_PER_TRAINED_WEIGHT * trained;
    if (onGpu) return weights;
    const image =
      GRADIENT_FACTOR[batchNorm] *
      gradientBytes(spec, size, computeFrozenDepth(phase.learningRates, spec.lastStage));
    return weights + batchSize * Math.max(image, inferenceBytesPerImage(spec, size));
  });
  return Math.max(...needs);
}

/** Share of the memory that a recommended batch takes at most. */
const USABLE_FRACTION = 0.9;

/** The largest batch, up to the recipe's, with which a run fits well into so many bytes; 0 where none does. */
export function largestBatchSize(
  spec: BackboneSpec,
  size: number,
  recipe: MemoryFactors,
  bytes: number,
): number {
  let batchSize = recipe.batchSize;
  while (
    batchSize > 0 &&
    estimateMemory(spec, size, {...recipe, batchSize}) > USABLE_FRACTION * bytes
  )
    batchSize >>= 1;
  return batchSize;
}

/** A run that would be killed for its memory. */
export class InsufficientMemoryError extends defineError(
  UnsupportedEnvironmentError,
  'INSUFFICIENT_MEMORY',
  (
    {neededBytes, memory}: {neededBytes: number; memory: Resource},
    {subject, remedy}: {subject: string; remedy: string},
  ) => {
    const formatGiB = (bytes: number): string => `${(bytes / GIB).toFixed(1)} GiB`;
    const {host, limit, limitSource} = memory;
    const has =
      limit === undefined
        ? `this machine has ${formatGiB(host)}`
        : `the limit here is ${formatGiB(limit)} (${limitSource})`;
    return `${subject} needs about ${formatGiB(neededBytes)} of memory, and ${has}. ${remedy}`;
  },
) {}

/** @throws InsufficientMemoryError (exit 4) for a run that cannot fit into memory, with what would */
export function assertFitsMemory(
  spec: BackboneSpec,
  size: number,
  recipe: MemoryFactors,
  onGpu: boolean,
  memory = readSystemResources().memory,
): void {
  const needed = estimateMemory(spec, size, recipe, onGpu);
  if (needed <= usableAmount(memory)) return;
  const subject = `Training ${spec.arch} at ${size} px in batches of ${recipe.batchSize}`;
  const largest = onGpu ? 0 : largestBatchSize(spec, size, recipe, usableAmount(memory));
  throw new InsufficientMemoryError(
    {neededBytes: needed, memory},
    {
      subject,
      remedy:
        largest > 0 ? `Use --batch-size ${largest}, or allow more memory.` : remedyFor(recipe),
    },
  );
}

/** What to do where no batch fits. */
function remedyFor({phases}: MemoryFactors): string {
  const trainsMore = phases.some(({learningRates}) =>
    Object.entries(learningRates).some(([group, lr]) => group !== 'head' && lr !== null),
  );
  const less = trainsMore ? 'Train the head alone (--freeze probe), take' : 'Take';
  return `${less} a smaller --arch or --image-size, or allow more memory.`;
}

/** Bytes for decoded pixels and cached features together: a third of the memory, as far as training leaves it. */
export function cacheBudget(
  spec: BackboneSpec,
  size: number,
  recipe: Recipe,
  onGpu: boolean,
  {memory, memoryFree} = readSystemResources(),
): number {
  if (recipe.cacheMemory !== undefined) return recipe.cacheMemory * GIB;
  const left =
    Math.min(usableAmount(memory), memoryFree + BACKEND_BYTES) -
    estimateMemory(spec, size, recipe, onGpu);
  return Math.max(0, Math.min(usableAmount(memory) / 3, left));
}
