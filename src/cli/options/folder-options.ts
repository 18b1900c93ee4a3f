import {DATASET_OPTION_NAMES} from '../command-specs/option-groups.js';
import {errorMessage, UsageError} from '../../core/errors.js';
import {readTextFile} from '../../core/files/text-file.js';
import type {ImageFolderOptions} from '../../datasets/sample.js';
import {parsePathList} from '../../core/files/path-list.js';
import {toKebabCase, quoted} from '../terminal/format.js';

/** Options of a command that select the images of a folder. */
export interface FolderValues {
  readonly valData?: string;
  readonly testData?: string;
  readonly maxPerClass?: number;
  readonly seed?: number;
  readonly classes?: string;
  readonly exclude?: string;
  readonly pathColumn?: string;
  readonly labelColumn?: string;
  readonly followLinks?: boolean;
}

/** Parses `a,b,c`. A comma in a name is written as `\,`. */
const parseClassNames = (text: string): string[] =>
  text
    .split(/(?<!\\),/)
    .map(name => name.replaceAll('\\,', ',').trim())
    .filter(name => name !== '');

/** @throws UsageError (exit 2) if the list cannot be read */
export function readExcludeList(path: string): string[] {
  try {
    return parsePathList(readTextFile(path));
  } catch (error) {
    throw new UsageError(
      `The list ${path} (--exclude) cannot be read: ${errorMessage(error)}. finetune check DIR --write-exclude writes one.`,
    );
  }
}

/** @throws UsageError (exit 2) if the exclude list cannot be read */
export function toFolderOptions(values: FolderValues): ImageFolderOptions {
  const {
    classes,
    exclude,
    valData,
    testData,
    maxPerClass,
    seed,
    pathColumn,
    labelColumn,
    followLinks,
  } = values;
  return {
    ...(valData !== undefined && {valData}),
    ...(testData !== undefined && {testData}),
    ...(maxPerClass !== undefined && {maxPerClass}),
    ...(seed !== undefined && {seed}),
    ...(classes !== undefined && {classes: parseClassNames(classes)}),
    ...(exclude !== undefined && {exclude: readExcludeList(exclude)}),
    ...(pathColumn !== undefined && {pathColumn}),
    ...(labelColumn !== undefined && {labelColumn}),
    ...(followLinks === true && {followLinks}),
  };
}

const FORWARDED_OPTIONS = ['valData', 'testData', ...DATASET_OPTION_NAMES] as const;

/** Formats the same options for another command, each after a space. */
export const formatFolderFlags = (values: FolderValues): string =>
  FORWARDED_OPTIONS.map(key => {
    const value = values[key];
    if (value === undefined || value === false) return '';
    return value === true ? ` --${toKebabCase(key)}` : ` --${toKebabCase(key)} ${quoted(value)}`;
  }).join('');
