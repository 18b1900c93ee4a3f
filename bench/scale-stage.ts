import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {atImageSize, TORCHVISION_PREPROCESSING} from '../src/core/preprocessing.js';
import {AUGMENTATIONS} from '../src/datasets/augment.js';
import {imageBatches} from '../src/datasets/batches.js';
import {checkImages} from '../src/datasets/check.js';
import {openImageCache, type ImageCache} from '../src/datasets/image-cache.js';
import {loadImageFolder, type ImageFolder} from '../src/datasets/image-folder.js';
import {splitFolder} from '../src/datasets/split.js';

const SIZE = 64;
const MIB = 2 ** 20;

/** What one stage took, in a process that did nothing else but what has to come before it. */
export interface Measured {
  readonly images: number;
  readonly seconds: number;
  /** The most memory the process ever had, MiB. */
  readonly peak: number;
  /** Memory at the end of the stage over that at its middle, MiB; where it streams. */
  readonly growth?: number;
}

/** What is timed comes back from what prepares it. */
type Stage = (folder: ImageFolder, cache: string) => Promise<() => Promise<void | {readonly growth: number}>>;

const openCache = (folder: ImageFolder, directory: string): Promise<ImageCache> =>
  openImageCache(folder.samples, atImageSize(TORCHVISION_PREPROCESSING, SIZE), {classNames: folder.classNames, budgetBytes: 0, directory});

/** Every picture of a folder in augmented batches, as a training epoch wants them. */
async function epoch(cache: ImageCache): Promise<{readonly growth: number}> {
  const view = {kind: 'augmented', augmentation: AUGMENTATIONS.light, seed: 1, epoch: 1} as const;
  const resident: number[] = [];
  for await (const batch of imageBatches(cache, cache.samples, {batchSize: 64, size: SIZE, view, order: {shuffle: view}})) {
    if (batch.images.length > 0) resident.push(process.memoryUsage.rss());
  }
  return {growth: (resident.at(-1)! - resident[resident.length >> 1]!) / MIB};
}

const STAGES = {
  check: async folder => async () => {
    const {readable} = await checkImages(folder);
    if (readable.length < folder.samples.length) throw new Error(`Expected only readable images in ${folder.root}, but found others.`);
  },
  split: async folder => async () => {
    splitFolder(folder, {samples: folder.samples, contentHash: ({name}) => name}, {seed: 0});
  },
  'first epoch': async (folder, directory) => async () => {
    const cache = await openCache(folder, directory);
    await epoch(cache);
    await cache.close();
  },
  'later epoch': async (folder, directory) => {
    const cache = await openCache(folder, directory);
    return async () => {
      const measured = await epoch(cache);
      await cache.close();
      return measured;
    };
  },
} as const satisfies Record<string, Stage>;

/** In the order of a run. */
export const STAGE_NAMES = ['list', ...Object.keys(STAGES)];

async function measure(name: string, directory: string, cache: string): Promise<Measured> {
  let begun = performance.now();
  const folder = await loadImageFolder(directory);
  let extra: void | {readonly growth: number} = undefined;
  if (name !== 'list') {
    const work = await STAGES[name as keyof typeof STAGES](folder, cache);
    begun = performance.now();
    extra = await work();
  }
  const seconds = (performance.now() - begun) / 1000;
  return {images: folder.samples.length, seconds, peak: process.resourceUsage().maxRSS / 1024, ...extra};
}

if (import.meta.filename === process.argv[1]) {
  const [name, directory, given] = process.argv.slice(2);
  const cache = given ?? (await mkdtemp(join(tmpdir(), 'finetune-scale-')));
  console.log(JSON.stringify(await measure(name!, directory!, cache)));
  if (given === undefined) await rm(cache, {recursive: true});
}
