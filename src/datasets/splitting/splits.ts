import type {Finding} from '../../core/finding.js';
import type {Sample} from '../sample.js';

/** Readable images and their content hashes. An `ImageCache` is one. */
export interface ReadableImages {
  readonly samples: readonly Sample[];
  /** Hash of the file, the same for exact duplicates. */
  contentHash(sample: Sample): string;
}

/**
 * Assignment of images to splits. Every image of the folder is in one split or in `skipped`. Exact duplicates are in one split.
 *
 * @example
 * const {split} = await finetune(folder, recipe);
 * console.log(split.train.length, split.validation.length);
 */
export interface Split {
  readonly train: readonly Sample[];
  readonly validation: readonly Sample[];
  readonly test: readonly Sample[];
  /** Reasons for skipped images, by name. */
  readonly skipped: ReadonlyMap<string, string>;
  readonly findings: readonly Finding[];
  readonly classNames: readonly string[];
  readonly seed: number;
  /** SHA-256 of the bytes in hex, by name, of each image in a split. */
  readonly hashes: ReadonlyMap<string, string>;
}

export type Splits = Pick<Split, 'train' | 'validation' | 'test'>;
