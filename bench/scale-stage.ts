import {withImageSize, TORCHVISION_PREPROCESSING} from '../src/core/preprocessing.js';
import {AUGMENTATIONS} from '../src/datasets/augmentation/augment.js';
import {imageBatches} from '../src/datasets/augmentation/batches.js';
import {checkImages} from '../src/datasets/inspection/check.js';
import {openImageCache, type ImageCache} from '../src/datasets/cache/image-cache.js';
import {loadImageFolder} from '../src/datasets/discovery/image-folder.js';
import type {ImageFolder, Sample} from '../src/datasets/sample.js';
import {planSplit} from '../src/datasets/splitting/split.js';

const SIZE = 64;
const MIB = 2 ** 20;

/** What one stage took, in a process that did nothing else but what has to come before it. */
export interface StageMeasurement {
  readonly images: number;
  readonly seconds: number;
  /** Of all threads: what counts where the machine is not ours alone. */
  readonly cpuSeconds: number;
  /** The most memory the process ever had, MiB. */
  readonly peak: number;
  /** Memory at the end of the stage over that at its middle, MiB; where it streams. */
  readonly growth?: number;
}

/** Prepares a stage; what comes back is timed. */
type Stage = (
  directory: string,
  cache: string,
) => Promise<() => Promise<Pick<StageMeasurement, 'images' | 'growth'>>>;

const openCache = ({samples, classNames}: ImageFolder, directory: string): Promise<ImageCache> =>
  openImageCache(samples, withImageSize(TORCHVISION_PREPROCESSING, SIZE), {
    classNames,
    memoryLimitBytes: 0,
    directory,
  });

/** Every image of a cache in augmented batches, as a training epoch wants them. */
async function epoch(
  cache: ImageCache,
): Promise<{readonly images: number; readonly growth: number}> {
  const view = {kind: 'augmented', augmentation: AUGMENTATIONS.light, seed: 1, epoch: 1} as const;
  const residentBytes: number[] = [];
  let images = 0;
  for await (const {labels} of imageBatches(cache, cache.samples, {
    batchSize: 64,
    size: SIZE,
    view,
    order: {shuffle: view},
  })) {
    images += labels.length;
    residentBytes.push(process.memoryUsage.rss());
  }
  return {
    images,
    growth: (residentBytes.at(-1)! - residentBytes[residentBytes.length >> 1]!) / MIB,
  };
}

async function epochAndClose(cache: ImageCache): ReturnType<typeof epoch> {
  try {
    return await epoch(cache);
  } finally {
    await cache.close();
  }
}

const STAGES: Readonly<Record<string, Stage>> = {
  list: async directory => async () => ({
    images: (await loadImageFolder(directory)).samples.length,
  }),
  check: async directory => {
    const folder = await loadImageFolder(directory);
    return async () => ({images: (await checkImages(folder)).readable.length});
  },
  split: async directory => {
    const folder = await loadImageFolder(directory);
    const contents = {samples: folder.samples, contentHash: ({name}: Sample) => name};
    return async () => {
      const {train, validation} = planSplit(folder, contents, {seed: 0});
      return {images: train.length + validation.length};
    };
  },
  'first epoch': async (directory, cacheDirectory) => {
    const folder = await loadImageFolder(directory);
    return async () => epochAndClose(await openCache(folder, cacheDirectory));
  },
  'later epoch': async (directory, cacheDirectory) => {
    const cache = await openCache(await loadImageFolder(directory), cacheDirectory);
    return () => epochAndClose(cache);
  },
};

/** In the order of a run. */
export const STAGE_NAMES = Object.keys(STAGES);

async function measure(work: Awaited<ReturnType<Stage>>): Promise<StageMeasurement> {
  const [startTime, before] = [performance.now(), process.cpuUsage()];
  const result = await work();
  const {user, system} = process.cpuUsage(before);
  const seconds = (performance.now() - startTime) / 1000;
  return {
    ...result,
    seconds,
    cpuSeconds: (user + system) / 1e6,
    peak: process.resourceUsage().maxRSS / 1024,
  };
}

if (import.meta.filename === process.argv[1]) {
  const [name, directory, cache] = process.argv.slice(2);
  console.log(JSON.stringify(await measure(await STAGES[name!]!(directory!, cache!))));
}
