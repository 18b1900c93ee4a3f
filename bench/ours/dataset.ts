import {totalmem} from 'node:os';
import {join} from 'node:path';
import {cacheDirectory} from '../../src/core/files/cache-directory.js';
import type {Preprocessing} from '../../src/core/preprocessing.js';
import {AUGMENTATIONS, type AugmentationName} from '../../src/datasets/augmentation/augment.js';
import {openImageCache, type ImageCache} from '../../src/datasets/cache/image-cache.js';
import {loadImageFolder} from '../../src/datasets/discovery/image-folder.js';
import type {ImageFolder, Sample} from '../../src/datasets/sample.js';
import type {ImageDataset} from '../../src/training/loop/image-dataset.js';
import type {TaskOptions} from './task.js';

/** The images that PyTorch's ImageFolder takes too: it knows no GIF. */
const isReadByPyTorch = ({path}: Sample): boolean => /\.(jpe?g|png)$/i.test(path);

export interface BenchDataset {
  readonly classNames: readonly string[];
  readonly train: readonly Sample[];
  readonly validation: readonly Sample[];
}

export async function loadDataset({data}: TaskOptions): Promise<BenchDataset> {
  const {classNames, samples, validation}: ImageFolder = await loadImageFolder(data);
  if (validation === undefined)
    throw new Error(`${data} has no folder val. Give one with folders train and val.`);
  return {
    classNames,
    train: samples.filter(isReadByPyTorch),
    validation: validation.filter(isReadByPyTorch),
  };
}

/** Decodes images as a run of the command does. */
export const openDecodedCache = (
  samples: readonly Sample[],
  classNames: readonly string[],
  preprocessing: Preprocessing,
  threads: number,
): Promise<ImageCache> =>
  openImageCache(samples, preprocessing, {
    classNames,
    memoryLimitBytes: totalmem() / 6,
    directory: join(cacheDirectory(), 'images'),
    workers: threads,
  });

export const makeBatchSource = (
  cache: ImageCache,
  samples: readonly Sample[],
  {cropSize}: Preprocessing,
  augmentation: AugmentationName,
): ImageDataset => ({
  cache,
  samples,
  size: cropSize,
  augmentation: AUGMENTATIONS[augmentation],
  seed: 1,
});
