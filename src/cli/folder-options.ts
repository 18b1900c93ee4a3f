import {messageOf, UsageError} from '../core/errors.js';
import {readTextFile} from '../core/text-file.js';
import type {ImageFolderOptions} from '../datasets/image-folder.js';
import {parseNames} from './name-list.js';
import {kebab, quoted} from './words.js';

/** Options of a command that say which images of a folder are meant. */
export interface FolderValues {
  readonly valData?: string;
  readonly testData?: string;
  readonly limit?: number;
  readonly seed?: number;
  readonly classes?: string;
  readonly exclude?: string;
  readonly pathColumn?: string;
  readonly labelColumn?: string;
  readonly followLinks?: boolean;
}

/** `a,b,c`, a comma of a name as `\,`. */
const classesIn = (text: string): string[] =>
  text
    .split(/(?<!\\),/)
    .map(name => name.replaceAll('\\,', ',').trim())
    .filter(name => name !== '');

/** @throws UsageError (exit 2) where it cannot be read */
export function namesIn(path: string): string[] {
  try {
    return parseNames(readTextFile(path));
  } catch (error) {
    throw new UsageError(
      `Expected a list of files at ${path} for --exclude, but found ${messageOf(error)}. finetune check DIR --fix-list writes one.`,
    );
  }
}

/** @throws UsageError (exit 2) for a list that cannot be read */
export function folderOptions(values: FolderValues): ImageFolderOptions {
  const {classes, exclude, valData, testData, limit, seed, pathColumn, labelColumn, followLinks} = values;
  return {
    ...(valData !== undefined && {valData}),
    ...(testData !== undefined && {testData}),
    ...(limit !== undefined && {limit}),
    ...(seed !== undefined && {seed}),
    ...(classes !== undefined && {classes: classesIn(classes)}),
    ...(exclude !== undefined && {exclude: namesIn(exclude)}),
    ...(pathColumn !== undefined && {pathColumn}),
    ...(labelColumn !== undefined && {labelColumn}),
    ...(followLinks === true && {followLinks}),
  };
}

const SAID = ['valData', 'testData', 'classes', 'exclude', 'pathColumn', 'labelColumn', 'followLinks'] as const;

/** The same options for another command, each after a space. */
export const folderWords = (values: FolderValues): string =>
  SAID.map(key => {
    const value = values[key];
    if (value === undefined || value === false) return '';
    return value === true ? ` --${kebab(key)}` : ` --${kebab(key)} ${quoted(value)}`;
  }).join('');
