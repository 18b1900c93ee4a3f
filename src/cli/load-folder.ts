import {loadImageFolder, type ImageFolder, type ImageFolderOptions} from '../datasets/image-folder.js';
import type {Session} from './action.js';
import {ProgressLine} from './progress-line.js';

/** `loadImageFolder` with a bar. */
export async function loadFolder(root: string, options: ImageFolderOptions, {terminal, signal}: Session): Promise<ImageFolder> {
  const line = new ProgressLine(terminal);
  const onProgress = (done: number, total: number): void => line.update({title: 'listing', done, total, unit: 'files'});
  return loadImageFolder(root, {...options, signal, onProgress}).finally(() => line.end());
}
