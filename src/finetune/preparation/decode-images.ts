import {ensureCacheFolder} from '../../core/files/cache-directory.js';
import {computeFillColor, resizeKey, type Preprocessing} from '../../core/preprocessing.js';
import {openImageCache, type ImageCache} from '../../datasets/cache/image-cache.js';
import {everySample} from '../../datasets/discovery/image-folder.js';
import {
  findDuplicateGroups,
  type DuplicateGroups,
} from '../../datasets/duplicates/duplicate-groups.js';
import {computeFingerprint} from '../../datasets/duplicates/fingerprint.js';
import {removeLetterbox} from '../../datasets/images/resize-plan.js';
import type {ImageFolder, Sample} from '../../datasets/sample.js';
import type {DecodedImages} from '../folds/folds-share.js';
import type {Recipe} from '../recipe/recipe.js';
import type {RunContext} from '../run/run-context.js';
import {diskBudget} from './memory-need.js';

/** Decodes every image into memory, or into files of the cache directory. */
export async function openDecodedImages(
  folder: ImageFolder,
  preprocessing: Preprocessing,
  memoryLimitBytes: number,
  recipe: Pick<Recipe, 'cacheDisk'>,
  run: RunContext,
): Promise<ImageCache> {
  const limitBytes = diskBudget(recipe);
  return openImageCache(everySample(folder), preprocessing, {
    classNames: folder.classNames,
    memoryLimitBytes,
    directory: ensureCacheFolder('images'),
    ...(limitBytes !== undefined && {limitBytes}),
    onWarning: message => run.emit({type: 'info', message}),
    ...(run.workers !== undefined && {workers: run.workers}),
    onProgress: (done, total, step) => run.progress('decode', done, total, 'images', {step}),
    ...run.signalOptions,
  });
}

/** Finds near-duplicates, or only exact duplicates if the recipe says so. */
async function findDuplicates(
  cache: ImageCache,
  preprocessing: Preprocessing,
  {groupBy}: Recipe,
  run: RunContext,
): Promise<DuplicateGroups> {
  if (groupBy === 'exact-duplicates')
    return {duplicateGroup: sample => cache.contentHash(sample), findings: []};
  const fill = computeFillColor(preprocessing);
  const fingerprint = async (sample: Sample): Promise<Uint8Array> => {
    const image = await cache.image(sample);
    return computeFingerprint(preprocessing.fit === 'pad' ? removeLetterbox(image, fill) : image);
  };
  return findDuplicateGroups(
    {...cache, fingerprint},
    {
      directory: ensureCacheFolder('images'),
      onProgress: (done, total) =>
        run.progress('decode', done, total, 'images', {step: 'comparing'}),
      ...run.signalOptions,
    },
  );
}

/**
 * Decodes every image and finds duplicates, once for all folds of a cross-validation and for members of an ensemble with the same input.
 * @param cacheBytes bytes of memory for decoded pixels and cached features together
 */
export async function decodeImages(
  folder: ImageFolder,
  preprocessing: Preprocessing,
  cacheBytes: number,
  recipe: Recipe,
  run: RunContext,
): Promise<DecodedImages> {
  const make = async (): Promise<DecodedImages> => {
    const cache = await openDecodedImages(folder, preprocessing, cacheBytes / 2, recipe, run);
    try {
      const duplicates = await findDuplicates(cache, preprocessing, recipe, run);
      return {cache, duplicates, cacheBytes};
    } catch (error) {
      await cache.close();
      throw error;
    }
  };
  return run.time('decode', () => run.sharedData?.images(resizeKey(preprocessing), make) ?? make());
}
