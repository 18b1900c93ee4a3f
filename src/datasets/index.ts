/**
 * `finetune/datasets`: from a folder to batches of pixels. List the images of a folder, decode and resize them once, split and augment
 * them. This module needs no backend.
 *
 * @example
 * import {everySample, loadImageFolder, openImageCache, planSplit} from 'finetune/datasets';
 *
 * const folder = await loadImageFolder('./pets');
 * const cache = await openImageCache(everySample(folder), backbone.preprocessing, {
 *   classNames: folder.classNames,
 *   memoryLimitBytes: 2 ** 30,
 *   directory: './cache',
 * });
 * const {train, validation} = planSplit(folder, cache, {seed: 42});
 *
 * @module
 */
export {everySample, loadImageFolder} from './discovery/image-folder.js';
export {type ImageFolder, type ImageFolderOptions, type Sample} from './sample.js';
export {checkImages, type CheckReport} from './inspection/check.js';
export {openImageCache, type ImageCache, type ImageCacheOptions} from './cache/image-cache.js';
export {planSplit, type SplitOptions} from './splitting/split.js';
export {type Split} from './splitting/splits.js';
export type {Fold} from './splitting/assign-groups.js';
export {
  imageBatches,
  type BatchOptions,
  type ImageBatch,
  type View,
} from './augmentation/batches.js';
export {
  AUGMENTATIONS,
  augment,
  resolveAugmentation,
  type Augmentation,
  type AugmentationChoice,
  type AugmentationName,
} from './augmentation/augment.js';
export {AUGMENTATION_OPS} from './augmentation/operations.js';
export {mixBatch, type MixedBatch, type Mixing} from './augmentation/mixup.js';
export {decodeFile} from './images/decode.js';
export type {DecodedImage} from './images/resample.js';
export {withFit, withImageSize, type Fit, type Preprocessing} from '../core/preprocessing.js';
export {createRng, shuffle, type Rng} from '../core/rng.js';
