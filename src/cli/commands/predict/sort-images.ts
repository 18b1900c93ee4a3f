import {constants} from 'node:fs';
import {copyFile, mkdir, readFile, stat} from 'node:fs/promises';
import {basename, extname, join, relative, resolve, sep} from 'node:path';
import {UsageError} from '../../../core/errors.js';
import {describeSystemError} from '../../../core/files/system-error.js';
import type {ClassifiedImage} from '../../terminal/format-predictions.js';

/** Folder of images of none of the classes. */
const UNKNOWN_FOLDER = 'unknown';

/** Name of a class as a folder on any system. */
const toFolderName = (className: string): string => {
  const name = className.replace(/[\u0000-\u001f<>:"/\\|?*]/g, '_').replace(/[. ]+$/, '');
  return name === '' ? '_' : name;
};

/** Whether two files have the same content. */
const isSame = async (a: string, b: string): Promise<boolean> =>
  (await stat(a)).size === (await stat(b)).size && (await readFile(a)).equals(await readFile(b));

/** Copies a file into a folder under its own name, or under one with a number if another file has it. Never overwrites. */
async function copyInto(image: string, folder: string): Promise<void> {
  const extension = extname(image);
  const stem = basename(image, extension);
  for (let number = 1; ; number++) {
    const target = join(folder, `${stem}${number === 1 ? '' : `-${number}`}${extension}`);
    try {
      return await copyFile(image, target, constants.COPYFILE_EXCL);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (await isSame(image, target)) return;
    }
  }
}

/** Whether a path is a folder, or lies inside it. */
export const isInside = (path: string, folder: string): boolean => {
  const steps = relative(resolve(folder), resolve(path));
  return steps === '' || (steps !== '..' && !steps.startsWith(`..${sep}`));
};

/** A folder for each class. A name that another class has already gets a number. */
function foldersOf(classNames: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set([UNKNOWN_FOLDER]);
  const folders = new Map<string, string>();
  for (const className of classNames) {
    const name = toFolderName(className);
    let folder = name;
    // Some file systems do not tell upper case from lower case.
    for (let number = 2; taken.has(folder.toLowerCase()); number++) folder = `${name}-${number}`;
    taken.add(folder.toLowerCase());
    folders.set(className, folder);
  }
  return folders;
}

/** Copies images into a folder per class: the most likely one, or `unknown`. */
export class ImageSorter {
  readonly #folders: ReadonlyMap<string, string>;

  constructor(
    readonly destination: string,
    classNames: readonly string[],
  ) {
    this.#folders = foldersOf(classNames);
  }

  /** @throws UsageError if a file cannot be copied */
  async add(classified: readonly ClassifiedImage[]): Promise<void> {
    for (const {image, isUnknown, predictions} of classified) {
      const folder = join(
        this.destination,
        isUnknown === true ? UNKNOWN_FOLDER : this.#folders.get(predictions[0]!.className)!,
      );
      try {
        await mkdir(folder, {recursive: true});
        await copyInto(image, folder);
      } catch (error) {
        throw new UsageError(
          `${image} cannot be copied to ${folder} (--sort): ${describeSystemError(error)}. Choose another folder.`,
        );
      }
    }
  }
}
