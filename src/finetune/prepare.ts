import type {Prepared} from './prepared.js';
import {disposeWeights} from '../backbones/parameters.js';
import {loadBackbone, createRandomBackbone, type Backbone} from '../backbones/load-backbone.js';
import {locateWeights} from '../backbones/pretrained/locate-weights.js';
import type {PretrainedWeights} from '../backbones/pretrained/pretrained.js';
import {ensureCacheFolder} from '../core/files/cache-directory.js';
import {UsageError} from '../core/errors.js';
import {
  withImageSize,
  computeFillColor,
  withFit,
  type Preprocessing,
} from '../core/preprocessing.js';
import {resolveAugmentation} from '../datasets/augmentation/augment.js';
import {classFindings} from '../datasets/inspection/class-findings.js';
import {duplicateFindings} from '../datasets/inspection/duplicate-findings.js';
import type {Fold} from '../datasets/splitting/assign-groups.js';
import {removeLetterbox} from '../datasets/images/resize-plan.js';
import {openImageCache, type ImageCache} from '../datasets/cache/image-cache.js';
import {everySample} from '../datasets/discovery/image-folder.js';
import type {ImageFolder, Sample} from '../datasets/sample.js';
import {findDuplicateGroups} from '../datasets/duplicates/duplicate-groups.js';
import {
  createGrouping,
  groupLeakageFindings,
  type Grouping,
} from '../datasets/splitting/split-groups.js';
import {assertFoldable, planSplit} from '../datasets/splitting/split.js';
import type {Split} from '../datasets/splitting/splits.js';
import {readSplit} from '../datasets/splitting/split-file.js';
import {computeFingerprint} from '../datasets/duplicates/fingerprint.js';
import {isOnGpu} from '../backend/graph/binding.js';
import {attachHead} from '../heads/classifier.js';

import {assertFitsMemory, cacheBudget} from './memory-need.js';
import type {DecodedImages} from './folds/folds-share.js';
import type {Recipe} from './recipe/recipe.js';
import type {RunContext} from './run/run-context.js';

const GIB = 2 ** 30;

/** Bytes of disk for cached features; undefined leaves the choice to what is free. */
export const diskBudget = ({cacheDisk}: Recipe): number | undefined =>
  cacheDisk === undefined ? undefined : cacheDisk * GIB;

async function openBackbone(
  recipe: Recipe,
  run: RunContext,
): Promise<{backbone: Backbone; pretrained?: PretrainedWeights}> {
  const {arch, lastStage, weights, seed} = recipe;
  if (weights === 'none') {
    run.emit({type: 'weights', name: 'none', path: null});
    return {backbone: createRandomBackbone(arch, lastStage, seed)};
  }
  const {path, pretrained, base} = await locateWeights(weights, arch, {
    offline: run.offline,
    onFinding: finding => run.addFinding(finding),
    onInfo: message => run.emit({type: 'info', message}),
    onProgress: ({bytes, total}) => run.progress('weights', bytes, total ?? bytes, 'bytes'),
    ...run.signalOptions,
  });
  run.progress('weights', 0, 1, 'files', {step: 'loading'});
  const backbone = await loadBackbone(arch, lastStage, path, pretrained, {
    onInfo: message => run.emit({type: 'info', message}),
    ...(base && {base}),
  });
  run.emit({type: 'weights', name: backbone.origin, path});
  return {backbone, ...(pretrained !== undefined && {pretrained})};
}

/** @param limitBytes of disk */
async function decodeAll(
  folder: ImageFolder,
  preprocessing: Preprocessing,
  budgetBytes: number,
  limitBytes: number | undefined,
  run: RunContext,
): Promise<ImageCache> {
  const cache = await openImageCache(everySample(folder), preprocessing, {
    classNames: folder.classNames,
    memoryLimitBytes: budgetBytes,
    directory: ensureCacheFolder('images'),
    ...(limitBytes !== undefined && {limitBytes}),
    onWarning: message => run.emit({type: 'info', message}),
    ...(run.workers !== undefined && {workers: run.workers}),
    onProgress: (done, total, step) => run.progress('decode', done, total, 'images', {step}),
    ...run.signalOptions,
  });
  return cache;
}

function findDuplicateGroupsIn(
  cache: ImageCache,
  preprocessing: Preprocessing,
  run: RunContext,
): ReturnType<typeof findDuplicateGroups> {
  const fill = computeFillColor(preprocessing);
  const fingerprintOf = async (sample: Sample): Promise<Uint8Array> => {
    const image = await cache.image(sample);
    return computeFingerprint(preprocessing.fit === 'pad' ? removeLetterbox(image, fill) : image);
  };
  return findDuplicateGroups(
    {...cache, fingerprint: fingerprintOf},
    {
      directory: ensureCacheFolder('images'),
      onProgress: (done, total) =>
        run.progress('decode', done, total, 'images', {step: 'comparing'}),
      ...run.signalOptions,
    },
  );
}

/** How the images are divided, as far as names tell it: nobody waits for images to be decoded to hear of a wrong word. */
interface SplitPlan {
  readonly grouping: Grouping;
  readonly fold?: Fold;
}

/** @throws UsageError for a fold that there is not, or beside a split; SplitByError, FoldError, FoldsImpossibleError */
export function resolveDivision(
  folder: ImageFolder,
  {
    groupBy,
    fold: text,
    splitFile: split,
    testSplit,
    seed,
  }: Pick<Recipe, 'groupBy' | 'fold' | 'splitFile' | 'testSplit' | 'seed'>,
): SplitPlan {
  const grouping = createGrouping(groupBy, folder.samples);
  if (text === undefined) return {grouping};
  if (split !== undefined)
    throw new UsageError(
      `Expected no --fold beside --split-file, which says what to validate on, but found ${text}. Leave out one.`,
    );
  assertFoldable(folder);
  const [number, of] = text.split('/').map(Number) as [number, number];
  if (of < 2 || number > of)
    throw new UsageError(
      `Expected a fold such as 2/5 for --fold, but found ${text}. Count from 1, to 2 at least.`,
    );
  const {groupOf} = grouping;
  const fold = {number, of};
  // As the images are listed: what cannot work with the names alone cannot work with less.
  const undecoded = {samples: everySample(folder), contentHash: ({name}: Sample) => name};
  planSplit(folder, undecoded, {
    seed,
    fold,
    ...(groupOf === undefined ? {testSplit} : {groupKeys: [groupOf]}),
  });
  return {grouping, fold};
}

function splitImages(
  folder: ImageFolder,
  cache: ImageCache,
  duplicateGroup: (sample: Sample) => string,
  {grouping: {groupOf, findings}, fold}: SplitPlan,
  {valSplit, testSplit, seed}: Recipe,
  run: RunContext,
): Split {
  [...findings, ...(groupOf === undefined ? [] : groupLeakageFindings(folder, groupOf))].forEach(
    finding => run.addFinding(finding),
  );
  const keepTogether = [duplicateGroup, ...(groupOf === undefined ? [] : [groupOf])];
  return planSplit(folder, cache, {
    valSplit,
    testSplit,
    seed,
    groupKeys: keepTogether,
    ...(fold && {fold}),
  });
}

/** Every image decoded, once for all folds of a cross-validation. */
async function decodeShared(
  folder: ImageFolder,
  preprocessing: Preprocessing,
  recipe: Recipe,
  cacheBytes: number,
  run: RunContext,
): Promise<DecodedImages> {
  const make = async (): Promise<DecodedImages> => {
    const cache = await decodeAll(folder, preprocessing, cacheBytes / 2, diskBudget(recipe), run);
    try {
      const findsNearDuplicates = recipe.groupBy !== 'exact-duplicates';
      const duplicateGroup = findsNearDuplicates
        ? await findDuplicateGroupsIn(cache, preprocessing, run)
        : (sample: Sample) => cache.contentHash(sample);
      return {cache, duplicateGroup, cacheBytes};
    } catch (error) {
      await cache.close();
      throw error;
    }
  };
  return run.time('decode', () => run.sharedData?.images(make) ?? make());
}

/** Every image decoded, and given its part. */
async function decodeAndSplit(
  folder: ImageFolder,
  preprocessing: Preprocessing,
  splitPlan: SplitPlan,
  recipe: Recipe,
  budgetBytes: number,
  run: RunContext,
): Promise<Pick<Prepared, 'cache' | 'split' | 'cacheBytes'>> {
  const {cache, duplicateGroup, cacheBytes} = await decodeShared(
    folder,
    preprocessing,
    recipe,
    budgetBytes,
    run,
  );
  try {
    cache.findings.forEach(finding => run.addFinding(finding));
    const split =
      recipe.splitFile === undefined
        ? splitImages(folder, cache, duplicateGroup, splitPlan, recipe, run)
        : await readSplit(recipe.splitFile, folder, cache);
    split.findings.forEach(finding => run.addFinding(finding));
    duplicateFindings(split, split.classNames, {...cache, duplicateGroup}).forEach(finding =>
      run.addFinding(finding),
    );
    run.emit({
      type: 'split',
      train: split.train.length,
      validation: split.validation.length,
      test: split.test.length,
    });
    return {cache, split, cacheBytes};
  } catch (error) {
    await cache.close();
    throw error;
  }
}

/** Weights on the device, images decoded and split, a head that has learned nothing yet. */
export async function prepare(
  folder: ImageFolder,
  recipe: Recipe,
  run: RunContext,
): Promise<Prepared> {
  run.emit({
    type: 'dataset',
    root: folder.root,
    classes: folder.classNames.length,
    images: everySample(folder).length,
  });
  [...folder.findings, ...classFindings(folder)].forEach(finding => run.addFinding(finding));
  const splitPlan = resolveDivision(folder, recipe);
  const {backbone, pretrained} = await run.time('weights', () => openBackbone(recipe, run));
  const {imageSize, fit, head: type, pooling, dropout, seed, augment} = recipe;
  const resized =
    imageSize === undefined
      ? backbone.preprocessing
      : withImageSize(backbone.preprocessing, imageSize);
  const preprocessing = withFit(resized, fit);
  const decodeWithinMemory = async (): Promise<
    Pick<Prepared, 'cache' | 'split' | 'cacheBytes'>
  > => {
    assertFitsMemory(backbone.spec, preprocessing.cropSize, recipe, isOnGpu());
    const budget = cacheBudget(backbone.spec, preprocessing.cropSize, recipe, isOnGpu());
    return decodeAndSplit(folder, preprocessing, splitPlan, recipe, budget, run);
  };
  const {cache, split, cacheBytes} = await decodeWithinMemory().catch((error: unknown) => {
    disposeWeights(backbone.weights);
    throw error;
  });
  return {
    classifier: attachHead(
      {...backbone, preprocessing},
      {type, pooling, dropout},
      folder.classNames,
      seed,
    ),
    ...(pretrained !== undefined && {pretrained}),
    split,
    cache,
    cacheBytes,
    sourceOf: samples => ({
      cache,
      samples,
      size: preprocessing.cropSize,
      ...(preprocessing.fit !== undefined && {fit: preprocessing.fit}),
      augmentation: resolveAugmentation(augment),
      seed,
      ...run.signalOptions,
    }),
  };
}
