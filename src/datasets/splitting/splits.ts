import type {Finding} from '../../core/finding.js';
import type {Sample} from '../sample.js';

/** The readable images, and which of them are the same file; an `ImageCache` is one. */
export interface ReadableImages {
  readonly samples: readonly Sample[];
  /** The same for identical files. */
  contentHash(sample: Sample): string;
}

/**
 * Which image is in which split. Every image of the folder is in one split or in `skipped`; exact duplicates are in one split.
 *
 * @example
 * const {split} = await finetune(folder, recipe);
 * console.log(split.train.length, split.validation.length);
 */
export interface Split {
  readonly train: readonly Sample[];
  readonly validation: readonly Sample[];
  readonly test: readonly Sample[];
  /** By name of an image that is in no split: why. */
  readonly skipped: ReadonlyMap<string, string>;
  readonly findings: readonly Finding[];
  readonly classNames: readonly string[];
  readonly seed: number;
  /** By name of an image that is in a split: sha256 of its bytes, in hex. */
  readonly hashes: ReadonlyMap<string, string>;
}

export type Splits = Pick<Split, 'train' | 'validation' | 'test'>;
