import {constants} from 'node:fs';
import {copyFile, mkdir, readFile, stat} from 'node:fs/promises';
import {basename, extname, isAbsolute, join, relative, resolve, sep} from 'node:path';
import {UsageError} from '../../../core/errors.js';
import {describeSystemError} from '../../../core/files/system-error.js';
import type {ClassifiedImage} from '../../terminal/format-predictions.js';
import {placeFile, toPortableName} from './place-file.js';

/** Folder of images of none of the classes. */
const UNKNOWN_FOLDER = 'unknown';

/** Whether a file has the content of an image. */
async function isSame(image: string, target: string): Promise<boolean> {
  const [source, found] = [await stat(image), await stat(target)];
  if (!found.isFile() || found.size !== source.size) return false;
  return (await readFile(image)).equals(await readFile(target));
}

/** Copies a file into a folder under its own name. */
async function copyInto(image: string, folder: string): Promise<void> {
  const extension = extname(image);
  await placeFile(
    folder,
    {stem: basename(image, extension), extension},
    {
      create: target => copyFile(image, target, constants.COPYFILE_EXCL),
      isSame: target => isSame(image, target),
    },
  );
}

/** Whether a path is a folder, or lies inside it. */
export const isInside = (path: string, folder: string): boolean => {
  // An absolute path where they are on two drives of Windows.
  const steps = relative(resolve(folder), resolve(path));
  return !isAbsolute(steps) && steps !== '..' && !steps.startsWith(`..${sep}`);
};

/** A folder for each class. A name that another class has already gets a number. */
function foldersOf(classNames: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Set([UNKNOWN_FOLDER]);
  const folders = new Map<string, string>();
  for (const className of classNames) {
    const name = toPortableName(className);
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
