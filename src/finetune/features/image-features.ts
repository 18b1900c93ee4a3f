import {isOnGpu} from '../../backend/graph/binding.js';
import {LAYER_GROUPS, type GroupLearningRates} from '../../backbones/layer-groups.js';
import {ensureCacheFolder} from '../../core/files/cache-directory.js';
import {AUGMENTATIONS} from '../../datasets/augmentation/augment.js';
import {createPixelFileCache, type ImageCache} from '../../datasets/cache/image-cache.js';
import type {Classifier} from '../../heads/classifier.js';
import {FeatureCache} from '../../training/features/feature-cache.js';
import {FeatureFileCache} from '../../training/features/feature-files.js';
import type {ImageDataset} from '../../training/loop/image-dataset.js';
import {sortByName} from '../phases/feature-caches.js';
import {cacheBudget, diskBudget, type MemoryFactors} from '../preparation/memory-need.js';
import type {Recipe} from '../recipe/recipe.js';
import type {RunContext} from '../run/run-context.js';

/** Limits of what is cached, in GiB. */
export type CacheLimits = Pick<Recipe, 'cacheMemory' | 'cacheDisk'>;

/** Images per batch where features are computed without a cache. */
const BATCH_SIZE = 32;

/** Every layer group is frozen. */
export const FROZEN = Object.fromEntries(
  LAYER_GROUPS.map(group => [group, null]),
) as GroupLearningRates;

const FORWARD_PASSES: MemoryFactors = {
  phases: [{name: 'features', epochs: 1, learningRates: FROZEN}],
  batchSize: BATCH_SIZE,
  batchNorm: 'inference',
};

/** Bytes of memory for decoded pixels and cached features together. */
export const featureCacheBudget = (
  {spec, preprocessing}: Classifier,
  limits: CacheLimits,
): number => cacheBudget(spec, preprocessing.cropSize, {...FORWARD_PASSES, ...limits}, isOnGpu());

/** The readable images of a folder by name, the order of their vectors. A cross-validation caches features in the same order. */
const datasetOf = (
  cache: ImageCache,
  {preprocessing: {cropSize, fit}}: Classifier,
  {signalOptions}: RunContext,
): ImageDataset => ({
  cache,
  samples: sortByName(cache.samples),
  size: cropSize,
  ...(fit !== undefined && {fit}),
  augmentation: AUGMENTATIONS.none,
  seed: 0,
  ...signalOptions,
});

/** Creates the feature cache of all images of a folder, unaugmented. The caller clears it. @param memoryLimitBytes bytes for features */
export function createFeatureCache(
  cache: ImageCache,
  classifier: Classifier,
  memoryLimitBytes: number,
  limits: CacheLimits,
  run: RunContext,
): FeatureCache {
  const fileCache = new FeatureFileCache(
    ensureCacheFolder('features'),
    diskBudget(limits),
    createPixelFileCache(ensureCacheFolder('images')),
  );
  return new FeatureCache(datasetOf(cache, classifier, run), 1, {
    memoryLimitBytes,
    fileCache,
    cachesFeatureMaps: false,
    onWarning: message => run.emit({type: 'info', message}),
    onProgress: run.imageProgress('features'),
    ...run.signalOptions,
  });
}
