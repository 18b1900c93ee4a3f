import type {DatasetError} from '../core/errors.js';
import type {Finding} from '../core/finding.js';
import type {ScanOptions} from './discovery/scan-folder.js';

/**
 * One image and its label.
 *
 * @example
 * const paths = folder.samples.map(({path}: Sample) => path);
 */
export interface Sample {
  /** Absolute path. */
  readonly path: string;
  /**
   * Unique name within the folder: the path relative to the root, with `/` on every system. Images of `valData` and `testData` begin with
   * `validation://` and `test://`, which no relative path does.
   */
  readonly name: string;
  /** Index into `classNames`. */
  readonly label: number;
}

/**
 * A dataset with one folder per class, or a list of images. No image is decoded yet.
 *
 * @example
 * const {root, classNames, samples}: ImageFolder = await loadImageFolder('./pets');
 */
export interface ImageFolder {
  /** Absolute path; for an archive, the path of the archive. */
  readonly root: string;
  /** Names of the class folders in code-point order. */
  readonly classNames: readonly string[];
  /** Samples for training, or for splitting; sorted by class, then by name. */
  readonly samples: readonly Sample[];
  readonly validation?: readonly Sample[];
  readonly test?: readonly Sample[];
  readonly findings: readonly Finding[];
  /** The error that a run would throw, if the folder was loaded with `collectErrors`. */
  readonly error?: DatasetError;
  /** Class folders; split folders with class folders; or a list that names each image. */
  readonly layout: 'classes' | 'splits' | 'manifest';
}

/**
 * Options for listing the images of a folder, and for validation and test images.
 *
 * @example
 * const options: ImageFolderOptions = {valData: './pets-val', maxPerClass: 100};
 * const pets = await loadImageFolder('./pets', options);
 */
export interface ImageFolderOptions extends ScanOptions {
  /** A folder of class folders, or a list of images, for validation. Default: the dataset's own validation split. */
  readonly valData?: string;
  /** A folder of class folders, or a list of images, for testing. Default: the dataset's own test split. */
  readonly testData?: string;
  /** Names of images to exclude (`Sample.name`). */
  readonly exclude?: readonly string[];
  /** Classes to keep. Default: all. */
  readonly classes?: readonly string[];
  /** Continues if a class has too few readable images: to report all problems, not to train. */
  readonly collectErrors?: boolean;
  /** Number of images to keep per class and split, selected by `seed`. */
  readonly maxPerClass?: number;
  readonly seed?: number;
  /** Columns of lists, by name or by number from 1. Default: detected. */
  readonly pathColumn?: string;
  readonly labelColumn?: string;
}
