import type {DatasetError} from '../core/errors.js';
import type {Finding} from '../core/finding.js';
import type {ScanOptions} from './discovery/scan-folder.js';

/**
 * One image and what it shows.
 *
 * @example
 * const paths = folder.samples.map(({path}: Sample) => path);
 */
export interface Sample {
  /** Absolute. */
  readonly path: string;
  /**
   * Unique within the folder: the path relative to the root, `/` between folders on every system. Images of `valData` and `testData`
   * begin with `validation://` and `test://`, as no relative path does.
   */
  readonly name: string;
  /** Index into `classNames`. */
  readonly label: number;
}

/**
 * A folder of images, a folder per class; nothing is decoded yet.
 *
 * @example
 * const {root, classNames, samples}: ImageFolder = await loadImageFolder('./pets');
 */
export interface ImageFolder {
  /** Absolute; of an archive, its own path. */
  readonly root: string;
  /** Names of the class folders in code-point order. */
  readonly classNames: readonly string[];
  /** For training, or for a split to divide; sorted by class, then by name. */
  readonly samples: readonly Sample[];
  readonly validation?: readonly Sample[];
  readonly test?: readonly Sample[];
  readonly findings: readonly Finding[];
  /** Why a run would refuse the folder, where it was read all the same. */
  readonly error?: DatasetError;
  /** Class folders; train, val and test with class folders; or a list that names each image. */
  readonly layout: 'classes' | 'splits' | 'manifest';
}

/**
 * Which images of a folder to list, and where validation and test images are.
 *
 * @example
 * const options: ImageFolderOptions = {valData: './pets-val', maxPerClass: 100};
 * const pets = await loadImageFolder('./pets', options);
 */
export interface ImageFolderOptions extends ScanOptions {
  /** A folder of class folders, or a list of images, to validate on, instead of the root's own. */
  readonly valData?: string;
  /** A folder of class folders, or a list of images, to test on, instead of the root's own. */
  readonly testData?: string;
  /** Names of images to exclude (`Sample.name`). */
  readonly exclude?: readonly string[];
  /** Classes to keep. Default: all. */
  readonly classes?: readonly string[];
  /** Continues where a class has too few readable images: to report everything, not to train. */
  readonly collectErrors?: boolean;
  /** Images to keep of each class in each split, selected by `seed`. */
  readonly maxPerClass?: number;
  readonly seed?: number;
  /** Columns of lists, by their names or by their numbers from 1, where those do not say what they are. */
  readonly pathColumn?: string;
  readonly labelColumn?: string;
}
