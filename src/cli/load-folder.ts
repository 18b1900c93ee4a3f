import {UsageError} from '../core/errors.js';
import {loadImageFolder} from '../datasets/discovery/image-folder.js';
import type {ImageFolder, ImageFolderOptions} from '../datasets/sample.js';
import type {CommandContext} from './command.js';
import {ProgressLine} from './terminal/screen/progress-line.js';

/** Draws how many files have been listed. */
export const listingProgress =
  (line: ProgressLine) =>
  (done: number, total: number): void =>
    line.update({title: 'listing', done, total, unit: 'files'});

/** Draws how much of an archive has been unpacked. */
export const unpackingProgress =
  (line: ProgressLine) =>
  (done: number, total: number): void =>
    line.update({
      title: 'unpacking',
      done: Math.round(done / 1e6),
      total: Math.round(total / 1e6),
      unit: 'MB',
    });

/** `loadImageFolder` with a progress bar. @throws UsageError (exit 2) for `-`, which means standard input elsewhere */
export async function loadFolder(
  root: string,
  options: ImageFolderOptions,
  {terminal, signal}: CommandContext,
): Promise<ImageFolder> {
  if (root === '-')
    throw new UsageError(
      '- is standard input, which holds no folder of images. Give ./- for a folder of that name.',
    );
  const line = new ProgressLine(terminal);
  return loadImageFolder(root, {
    ...options,
    signal,
    onProgress: listingProgress(line),
    onBytes: unpackingProgress(line),
  }).finally(() => line.end());
}

/** Field to spread: the path of the image list, if the images come from one. Its folder would be less informative. */
export const pickListPath = ({layout}: ImageFolder, data: string): {readonly data?: string} =>
  layout === 'manifest' ? {data} : {};
