import {
  CALLBACK,
  checkArgument,
  checkOptions,
  FLAG,
  PATH,
  SIGNAL,
  TEXT,
  TEXTS,
  wholeFrom,
  type Kind,
  type Kinds,
} from '../core/arguments.js';
import type {ImageFolder, ImageFolderOptions, Sample} from './image-folder.js';

const OPTIONS: Kinds<ImageFolderOptions> = {
  ...{valData: PATH, testData: PATH, exclude: TEXTS, classes: TEXTS, tolerant: FLAG, limit: wholeFrom(1), seed: wholeFrom(0)},
  ...{followLinks: FLAG, pathColumn: TEXT, labelColumn: TEXT, signal: SIGNAL, onProgress: CALLBACK, onBytes: CALLBACK},
};

/** @throws ArgumentError */
export function checkFolderArguments(root: unknown, options: unknown): void {
  checkArgument('loadImageFolder()', 'root', root, {...PATH, expected: 'the path of a folder'});
  checkOptions('loadImageFolder()', options, OPTIONS);
}

/** Images of classes below `classes`. */
const isPart = (part: unknown, classes: number): boolean =>
  Array.isArray(part) &&
  part.every(sample => {
    const {path, name, label} = Object(sample) as Partial<Sample>;
    return typeof path === 'string' && typeof name === 'string' && Number.isInteger(label) && label! >= 0 && label! < classes;
  });

const FOLDER: Kind = {
  expected: 'what loadImageFolder() returned',
  accepts: value => {
    const {root, classNames, samples, validation = [], test = [], findings} = Object(value) as Partial<ImageFolder>;
    if (typeof root !== 'string' || !TEXTS.accepts(classNames) || !Array.isArray(findings)) return false;
    return [samples, validation, test].every(part => isPart(part, classNames!.length));
  },
};

/** @throws ArgumentError */
export const checkFolder = (call: string, folder: unknown): void => checkArgument(call, 'folder', folder, FOLDER);

const PARTS: Kind = {
  expected: FOLDER.expected,
  accepts: value => {
    const {samples, validation = [], test = []} = Object(value) as Partial<ImageFolder>;
    return [samples, validation, test].every(Array.isArray);
  },
};

/** For what is called often: whether there are images at all, and not what each is. @throws ArgumentError */
export const checkParts = (call: string, folder: unknown): void => checkArgument(call, 'folder', folder, PARTS);
