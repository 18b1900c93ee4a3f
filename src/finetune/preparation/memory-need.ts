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
 * Memory of a run without weights and activations. The constants below were measured as the peak of the resident set minus file pages, on
 * two cores (ResNet-18 and ResNet-50, full and up to stage 3, batches of 2 to 32 images of 224 px). Estimates are within a tenth.
 */
const FIXED_BYTES = 450 * MIB;
/** Copies of every weight: CPU memory, device, folded. */
const COPIES_PER_WEIGHT = 3;
/** Additional copies of a trained weight: gradient, moments, session, best checkpoint, last checkpoint. */
const COPIES_PER_TRAINED_WEIGHT = 9;
/** Bytes that a gradient needs per output byte of a convolution. */
const GRADIENT_FACTOR = {inference: 1.7, training: 2.2} as const;
/** Memory of a running backend on a CPU, without a network. */
const BACKEND_BYTES = 200 * MIB;

/** Bytes of disk for cached features. If undefined, the limit depends on the free space. */
export const diskBudget = ({cacheDisk}: Pick<Recipe, 'cacheDisk'>): number | undefined =>
  cacheDisk === undefined ? undefined : cacheDisk * GIB;

/** Options of a recipe that determine its memory use. */
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

/**
 * Estimates the peak memory of a run in bytes, without caches of pixels and features. @param onGpu whether activations are in GPU memory
 */
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

/** Maximum fraction of the memory that a recommended batch size uses. */
const USABLE_FRACTION = 0.9;

/** Largest batch size, up to that of the recipe, that fits into the given bytes with a margin; 0 if none fits. */
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

/** A run would be killed because it exceeds the memory. */
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

/** @throws InsufficientMemoryError (exit 4) if the run cannot fit into memory, with a remedy */
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

/** Suggested remedy if no batch size fits. */
function remedyFor({phases}: MemoryFactors): string {
  const trainsMore = phases.some(({learningRates}) =>
    Object.entries(learningRates).some(([group, lr]) => group !== 'head' && lr !== null),
  );
  const less = trainsMore ? 'Train the head alone (--freeze probe), take' : 'Take';
  return `${less} a smaller --arch or --image-size, or allow more memory.`;
}

/** Bytes for decoded pixels and cached features together: a third of the memory, or less if training needs it. */
export function cacheBudget(
  spec: BackboneSpec,
  size: number,
  recipe: MemoryFactors & Pick<Recipe, 'cacheMemory'>,
  onGpu: boolean,
  {memory, memoryFree} = readSystemResources(),
): number {
  if (recipe.cacheMemory !== undefined) return recipe.cacheMemory * GIB;
  const left =
    Math.min(usableAmount(memory), memoryFree + BACKEND_BYTES) -
    estimateMemory(spec, size, recipe, onGpu);
  return Math.max(0, Math.min(usableAmount(memory) / 3, left));
}
