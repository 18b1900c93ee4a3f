import {CALLBACK, checkArgument, checkOptions, FLAG, SIGNAL, TEXT, TEXTS, wholeFrom, type Kind, type Kinds} from '../core/arguments.js';
import type {ImageFolder, ImageFolderOptions} from './image-folder.js';

const OPTIONS: Kinds<ImageFolderOptions> = {
  ...{valData: TEXT, testData: TEXT, exclude: TEXTS, classes: TEXTS, tolerant: FLAG, limit: wholeFrom(1), seed: wholeFrom(0)},
  ...{followLinks: FLAG, pathColumn: TEXT, labelColumn: TEXT, signal: SIGNAL, onProgress: CALLBACK, onBytes: CALLBACK},
};

/** @throws ArgumentError */
export function checkFolderArguments(root: unknown, options: unknown): void {
  checkArgument('loadImageFolder()', 'root', root, {...TEXT, expected: 'the path of a folder'});
  checkOptions('loadImageFolder()', options, OPTIONS);
}

const FOLDER: Kind = {
  expected: 'what loadImageFolder() returned',
  accepts: value => {
    const {root, classNames, samples, findings} = Object(value) as Partial<ImageFolder>;
    return typeof root === 'string' && [classNames, samples, findings].every(Array.isArray);
  },
};

/** @throws ArgumentError */
export const checkFolder = (call: string, folder: unknown): void => checkArgument(call, 'folder', folder, FOLDER);
