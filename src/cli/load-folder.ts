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

/** `loadImageFolder` with a bar. */
export async function loadFolder(root: string, options: ImageFolderOptions, {terminal, signal}: Session): Promise<ImageFolder> {
  const line = new ProgressLine(terminal);
  return loadImageFolder(root, {...options, signal, onProgress: listing(line), onBytes: unpacking(line)}).finally(() => line.end());
}
