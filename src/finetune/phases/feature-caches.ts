import {ensureCacheFolder} from '../../core/files/cache-directory.js';
import type {Sample} from '../../datasets/sample.js';
import {isOnGpu} from '../../backend/graph/binding.js';
import type {Precision} from '../../backend/graph/precision.js';
import {FeatureFileCache} from '../../training/features/feature-files.js';
import {FeatureCache} from '../../training/features/feature-cache.js';
import {FeatureProgress} from './feature-progress.js';
import {createPixelFileCache} from '../../datasets/cache/image-cache.js';
import {diskBudget} from '../preparation/memory-need.js';
import type {Prepared} from '../preparation/prepared.js';
import type {Recipe} from '../recipe/recipe.js';
import type {RunContext} from '../run/run-context.js';

/** Sorts samples by name, independently of their split. */
export const sortByName = (samples: readonly Sample[]): Sample[] =>
  samples.toSorted((a, b) => (a.name < b.name ? -1 : 1));

/** Creates the feature caches of a run's images. All folds of a cross-validation share one pool. */
export function createFeatureCaches(
  {split, sourceOf, cacheBytes}: Prepared,
  recipe: Recipe,
  run: RunContext,
): Readonly<Record<'train' | 'validation', FeatureCache>> & {readonly progress: FeatureProgress} {
  const sharedPool = run.sharedData?.pool(() =>
    sourceOf(sortByName([...split.train, ...split.validation])),
  );
  const files = new FeatureFileCache(
    ensureCacheFolder('features'),
    diskBudget(recipe),
    createPixelFileCache(ensureCacheFolder('images')),
  );
  const validationFraction =
    split.validation.length / (split.validation.length + split.train.length * (recipe.views + 1));
  const {train, validation} = split;
  // The pool contains all images, so validation images are counted with the training images.
  const counts =
    sharedPool === undefined
      ? {train: train.length, validation: validation.length}
      : {train: sharedPool.source.samples.length, validation: 0};
  const progress = new FeatureProgress(run, counts);
  const cacheOf = (
    set: 'train' | 'validation',
    views: number,
    budgetFraction: number,
    precision: Precision,
  ): FeatureCache =>
    new FeatureCache(sourceOf(split[set]), views, {
      // The pool counts the memory of both sets.
      memoryLimitBytes: (cacheBytes / 2) * (sharedPool === undefined ? budgetFraction : 1),
      fileCache: files,
      precision,
      // A GPU computes a feature map faster than it reads one from memory, transfers and widens it.
      cachesFeatureMaps: !isOnGpu(),
      ...(sharedPool && {sharedCache: sharedPool}),
      onReused: progress.addCached,
      onWarning: message => run.emit({type: 'info', message}),
      onProgress: progress.reporterFor(set),
      ...run.signalOptions,
    });
  return {
    progress,
    train: cacheOf('train', recipe.views + 1, 1 - validationFraction, recipe.precision),
    // Always fp32, the precision of the exported model, whatever the precision of training.
    validation: cacheOf('validation', 1, validationFraction, 'fp32'),
  };
}
