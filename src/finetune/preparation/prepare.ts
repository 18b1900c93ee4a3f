import {isOnGpu} from '../../backend/graph/binding.js';
import {disposeWeights} from '../../backbones/parameters.js';
import {resolveAugmentation} from '../../datasets/augmentation/augment.js';
import {everySample} from '../../datasets/discovery/image-folder.js';
import {classFindings} from '../../datasets/inspection/class-findings.js';
import type {ImageFolder} from '../../datasets/sample.js';
import {attachHead} from '../../heads/classifier.js';
import type {Recipe} from '../recipe/recipe.js';
import type {RunContext} from '../run/run-context.js';
import {decodeImages} from './decode-images.js';
import {assertFitsMemory, cacheBudget} from './memory-need.js';
import {openBackbone, type OpenBackbone} from './open-backbone.js';
import type {Prepared} from './prepared.js';
import {splitImages, validateSplitOptions} from './split-images.js';

function reportDataset(folder: ImageFolder, run: RunContext): void {
  run.emit({
    type: 'dataset',
    root: folder.root,
    classes: folder.classNames.length,
    images: everySample(folder).length,
  });
  [...folder.findings, ...classFindings(folder)].forEach(finding => run.addFinding(finding));
}

async function decodeAndSplit(
  folder: ImageFolder,
  {backbone: {spec, preprocessing}}: OpenBackbone,
  recipe: Recipe,
  run: RunContext,
): Promise<Pick<Prepared, 'cache' | 'split' | 'cacheBytes' | 'duplicateGroup'>> {
  assertFitsMemory(spec, preprocessing.cropSize, recipe, isOnGpu());
  const budget = cacheBudget(spec, preprocessing.cropSize, recipe, isOnGpu());
  const decoded = await decodeImages(folder, preprocessing, budget, recipe, run);
  const {cache, cacheBytes, duplicates} = decoded;
  try {
    return {
      cache,
      cacheBytes,
      duplicateGroup: duplicates.duplicateGroup,
      split: await splitImages(folder, decoded, recipe, run),
    };
  } catch (error) {
    await cache.close();
    throw error;
  }
}

/** Loads the weights, decodes and splits the images, and attaches a new head. */
export async function prepare(
  folder: ImageFolder,
  recipe: Recipe,
  run: RunContext,
): Promise<Prepared> {
  reportDataset(folder, run);
  validateSplitOptions(folder, recipe);
  const opened = await openBackbone(recipe, run);
  const {backbone, pretrained} = opened;
  const images = await decodeAndSplit(folder, opened, recipe, run).catch((error: unknown) => {
    disposeWeights(backbone.weights);
    throw error;
  });
  const {head: type, pooling, dropout, seed, augment} = recipe;
  const {cropSize: size, fit} = backbone.preprocessing;
  return {
    classifier: attachHead(backbone, {type, pooling, dropout}, folder.classNames, seed),
    ...(pretrained !== undefined && {pretrained}),
    ...images,
    sourceOf: samples => ({
      cache: images.cache,
      samples,
      size,
      ...(fit !== undefined && {fit}),
      augmentation: resolveAugmentation(augment),
      seed,
      ...run.signalOptions,
    }),
  };
}
