import {loadImageFolder, type ImageFolder, type ImageFolderOptions} from '../datasets/image-folder.js';
import type {Session} from './action.js';
import {ProgressLine} from './progress-line.js';

/** Draws how many files have been looked at. */
export const listing =
  (line: ProgressLine) =>
  (done: number, total: number): void =>
    line.update({title: 'listing', done, total, unit: 'files'});

/** `loadImageFolder` with a bar. */
export async function loadFolder(root: string, options: ImageFolderOptions, {terminal, signal}: Session): Promise<ImageFolder> {
  const line = new ProgressLine(terminal);
  return loadImageFolder(root, {...options, signal, onProgress: listing(line)}).finally(() => line.end());
}
