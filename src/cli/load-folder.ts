import {UsageError} from '../core/errors.js';
import {loadImageFolder, type ImageFolder, type ImageFolderOptions} from '../datasets/image-folder.js';
import type {Session} from './action.js';
import {ProgressLine} from './progress-line.js';

/** Draws how many files have been looked at. */
export const listing =
  (line: ProgressLine) =>
  (done: number, total: number): void =>
    line.update({title: 'listing', done, total, unit: 'files'});

/** Draws how much of an archive has been unpacked. */
export const unpacking =
  (line: ProgressLine) =>
  (done: number, total: number): void =>
    line.update({title: 'unpacking', done: Math.round(done / 1e6), total: Math.round(total / 1e6), unit: 'MB'});

/** `loadImageFolder` with a bar. @throws UsageError (exit 2) for `-`, which elsewhere is standard input */
export async function loadFolder(root: string, options: ImageFolderOptions, {terminal, signal}: Session): Promise<ImageFolder> {
  if (root === '-')
    throw new UsageError('Expected a folder of images, but found -. Standard input holds no folder; say ./- for one of that name.');
  const line = new ProgressLine(terminal);
  return loadImageFolder(root, {...options, signal, onProgress: listing(line), onBytes: unpacking(line)}).finally(() => line.end());
}

/** To be spread: the list that names the images, where there is one. The folder it lies in says less. */
export const listOf = ({layout}: ImageFolder, data: string): {readonly data?: string} => (layout === 'list' ? {data} : {});
