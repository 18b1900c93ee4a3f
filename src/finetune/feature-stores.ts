import {claimCache} from '../core/cache-directory.js';
import type {Sample} from '../datasets/image-folder.js';
import {isOnGpu} from '../engine/binding.js';
import type {Precision} from '../engine/precision.js';
import {FeatureFiles} from '../training/feature-files.js';
import {FeatureStore} from '../training/feature-store.js';
import {FeatureProgress} from './feature-progress.js';
import {pixelFiles} from '../datasets/image-cache.js';
import {diskBudget, type Prepared} from './prepare.js';
import type {Recipe} from './recipe.js';
import type {RunContext} from './run-context.js';

/** In an order that does not depend on what each is for. */
const inNameOrder = (samples: readonly Sample[]): Sample[] => samples.toSorted((a, b) => (a.name < b.name ? -1 : 1));

/**
 * Where the features of a run's images are kept; those of all folds together where it is one of a cross-validation.
 */
export function featureStores(
  {split, sourceOf, cacheBytes}: Prepared,
  recipe: Recipe,
  run: RunContext,
): Readonly<Record<'train' | 'validation', FeatureStore>> & {readonly progress: FeatureProgress} {
  const pool = run.share?.pool(() => sourceOf(inNameOrder([...split.train, ...split.validation])));
  const files = new FeatureFiles(claimCache('features'), diskBudget(recipe), pixelFiles(claimCache('images')));
  const part = split.validation.length / (split.validation.length + split.train.length * (recipe.views + 1));
  const {train, validation} = split;
  // What validation images show is among what a pool has of all.
  const counts =
    pool === undefined ? {train: train.length, validation: validation.length} : {train: pool.source.samples.length, validation: 0};
  const progress = new FeatureProgress(run, counts);
  const store = (set: 'train' | 'validation', views: number, share: number, precision: Precision): FeatureStore =>
    new FeatureStore(sourceOf(split[set]), views, {
      // A pool counts what both have of it.
      budgetBytes: (cacheBytes / 2) * (pool === undefined ? share : 1),
      files,
      precision,
      // A GPU has a map computed sooner than one is read, brought to it and widened.
      keepsMaps: !isOnGpu(),
      ...(pool && {pool}),
      onFound: progress.found,
      onTrouble: message => run.emit({type: 'notice', message}),
      onProgress: progress.of(set),
      ...run.signalled,
    });
  return {
    progress,
    train: store('train', recipe.views + 1, 1 - part, recipe.precision),
    // As the exported model will compute, whatever the training does.
    validation: store('validation', 1, part, 'fp32'),
  };
}
