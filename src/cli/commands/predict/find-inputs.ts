import {relative, sep} from 'node:path';
import {buffer} from 'node:stream/consumers';
import {UsageError} from '../../../core/errors.js';
import type {Finding} from '../../../core/finding.js';
import {ExcludeList} from '../../../datasets/discovery/exclude-list.js';
import {findImages} from '../../../datasets/discovery/find-images.js';
import type {CommandContext} from '../../command.js';
import {listingProgress, unpackingProgress} from '../../load-folder.js';
import {readExcludeList} from '../../options/folder-options.js';
import {ProgressLine} from '../../terminal/screen/progress-line.js';

/** Options that select which images are classified. */
export interface InputValues {
  readonly exclude?: string;
  readonly followLinks?: boolean;
}

/** An image to classify, and the name it is reported under. */
export interface PredictInput {
  readonly image: string;
  readonly source: string | Uint8Array;
}

/** Argument that stands for standard input. */
export const STANDARD_INPUT = '-';

/** Reads an image file that is piped into standard input. @throws UsageError (exit 2) if it is empty or a terminal */
async function readStandardInput(): Promise<Uint8Array> {
  const image = process.stdin.isTTY ? Buffer.alloc(0) : await buffer(process.stdin);
  if (image.length > 0) return image;
  throw new UsageError(
    'There is no image on standard input. Run finetune predict MODEL - < image.jpg.',
  );
}

interface FoundImages {
  readonly images: readonly string[];
  readonly findings: readonly Finding[];
}

/** Removes images that an exclude list names, relative to one of the given folders or to the working directory. */
function applyExcludeList(
  {images, findings}: FoundImages,
  folders: readonly string[],
  list: string | undefined,
): FoundImages {
  if (list === undefined) return {images, findings};
  const excludeList = new ExcludeList(readExcludeList(list));
  const included = images.filter(path => {
    const names = [path, ...folders.map(folder => relative(folder, path).replaceAll(sep, '/'))].map(
      name => ({name}),
    );
    return excludeList.filter(names).length === names.length;
  });
  return {images: included, findings: [...findings, ...excludeList.findings()]};
}

/** Finds the images that files, folders and patterns name, and the problems among them. */
export async function findInputs(
  args: readonly string[],
  {exclude, followLinks = false}: InputValues,
  {terminal, signal}: CommandContext,
): Promise<{readonly inputs: readonly PredictInput[]; readonly findings: readonly Finding[]}> {
  const paths = args.filter(arg => arg !== STANDARD_INPUT);
  const line = new ProgressLine(terminal);
  const progressOptions = {
    signal,
    onProgress: listingProgress(line),
    onBytes: unpackingProgress(line),
    followLinks,
  };
  const found = await findImages(paths, progressOptions).finally(() => line.end());
  const {images, findings} = applyExcludeList(found, paths, exclude);
  const inputs: PredictInput[] = images.map(image => ({image, source: image}));
  if (paths.length < args.length)
    inputs.push({image: STANDARD_INPUT, source: await readStandardInput()});
  return {inputs, findings};
}
