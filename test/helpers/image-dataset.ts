import {AUGMENTATIONS, type AugmentationName} from '../../src/datasets/augmentation/augment.js';
import type {ImageCache} from '../../src/datasets/cache/image-cache.js';
import type {ImageDataset} from '../../src/training/loop/image-dataset.js';
import {randomPixels} from './random-classifier.js';

export interface ImageDatasetOptions {
  readonly count?: number;
  readonly classes?: number;
  /** Side of an image as it is shown, in pixels; it is kept larger by an eighth. */
  readonly size?: number;
  readonly augmentation?: AugmentationName;
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** Images drawn from a seed that never were files; labels go round. A class is a shade brighter than the one before. */
export function imageDataset({
  count = 9,
  classes = 3,
  size = 32,
  augmentation = 'light',
  seed = 1,
  signal,
}: ImageDatasetOptions = {}): ImageDataset {
  const kept = Math.round(size * 1.125);
  const samples = Array.from({length: count}, (_, i) => ({
    path: `/${i}`,
    name: `${i % classes}/${i}.png`,
    label: i % classes,
  }));
  const shade = (label: number): number => 0.3 + (0.7 * label) / classes;
  const images = new Map(
    samples.map(({name, label}, i) => [
      name,
      {
        data: randomPixels(1, kept, i).map(value => value * shade(label)),
        width: kept,
        height: kept,
      },
    ]),
  );
  const cache: ImageCache = {
    findings: [],
    samples,
    contentHash: ({name}) => name,
    image: ({name}) => images.get(name)!,
    close: async () => images.clear(),
  };
  return {
    cache,
    samples,
    size,
    augmentation: AUGMENTATIONS[augmentation],
    seed,
    ...(signal !== undefined && {signal}),
  };
}
