import type {Finding} from '../../core/finding.js';
import type {Sample} from '../sample.js';

/** What a split must know of the images, as an `ImageCache` does: which can be read, and which are the same file. */
export interface ReadableImages {
  readonly samples: readonly Sample[];
  /** The same for identical files. */
  contentHash(sample: Sample): string;
}

/**
 * Which image is for what. Every image of the folder is in one part or in `leftOut`; identical files are in one part.
 *
 * @example
 * const {split} = await finetune(folder, recipe);
 * console.log(split.train.length, split.validation.length);
 */
export interface Split {
  readonly train: readonly Sample[];
  readonly validation: readonly Sample[];
  readonly test: readonly Sample[];
  /** By name of an image that is in no part: why. */
  readonly skipped: ReadonlyMap<string, string>;
  readonly findings: readonly Finding[];
  readonly classNames: readonly string[];
  readonly seed: number;
  /** By name of an image that is in a part: sha256 of its bytes, in hex. */
  readonly hashes: ReadonlyMap<string, string>;
}

export type Splits = Pick<Split, 'train' | 'validation' | 'test'>;
