import {stat} from 'node:fs/promises';
import {join} from 'node:path';
import {glob} from 'glob';
import {isAddress, notDownloaded} from '../core/address.js';
import {UsageError} from '../core/errors.js';
import type {Finding} from '../core/finding.js';
import {archiveKind} from './archives/archive-kind.js';
import {datasetPlace} from './archives/dataset-place.js';
import {concurrently} from './concurrently.js';
import {formatFault, formatOfFile, isNamedAsImage} from './image-format.js';
import {FILES_AT_ONCE, readImageTree} from './image-tree.js';
import type {TreeOptions} from './image-tree.js';
import {leftOut} from './left-out.js';

/** A word that stands for no image at all. */
export class NoImagesFoundError extends UsageError {
  override readonly code = 'NO_IMAGES_FOUND';

  constructor(
    readonly place: string,
    found: string,
  ) {
    super(`Expected an image file, a folder of images or a pattern that matches some, but found ${found}. Check the path.`);
  }
}

/** Whether a file that a pattern matched is meant: one that holds an image, or says so by its name. */
async function isMeant(path: string): Promise<boolean> {
  if (isNamedAsImage(path)) return true;
  const format = await formatOfFile(path).catch(() => undefined); // what may not be read is not told to be none
  return formatFault(format) === undefined;
}

/** What words of a command line stand for. */
export interface FoundImages {
  /** Those that hold an image, and those that should: what is wrong with these shows when they are read. */
  readonly images: readonly string[];
  /** Files beside them that are no images, hidden ones, links that lead out. */
  readonly findings: readonly Finding[];
}

async function matching(pattern: string): Promise<FoundImages> {
  const matches = (await glob(pattern, {nodir: true})).sort();
  const meant = await concurrently(matches, FILES_AT_ONCE, isMeant);
  const others = matches.filter((_, i) => !meant[i]);
  return {images: matches.filter((_, i) => meant[i]), findings: leftOut('not-an-image', 'note', others, 'it is not an image')};
}

/** Whether a file is an archive, also of a kind that is not read. */
const isArchive = async (path: string): Promise<boolean> => (await archiveKind(path).catch(() => undefined)) !== undefined;

/** What is below a folder, or in an archive: then under the paths it was unpacked to. */
async function inPlace(path: string, watching: TreeOptions): Promise<FoundImages> {
  const {root, findings} = await datasetPlace(path, watching);
  const found = await below(root, watching);
  return {...found, findings: [...found.findings, ...findings]};
}

async function below(folder: string, watching: TreeOptions): Promise<FoundImages> {
  const tree = await readImageTree(folder, join(folder, '/'), watching);
  const broken = tree.broken.filter(({name}) => !name.endsWith('/'));
  const images = [...tree.images, ...broken].map(({name, spelled = name}) => join(spelled));
  return {images: images.sort(), findings: tree.findings.filter(({code}) => code !== 'unreadable-image')};
}

/**
 * Image files that words of a command line stand for: a file is itself, whatever it is and holds; a folder, or an archive of one, is every file in it
 * that holds an image or should; anything else is a pattern (https://github.com/isaacs/node-glob). In the order of the words, each file once, under the
 * path it was found by.
 * @throws NoImagesFoundError (exit 2) for a word that stands for nothing
 */
export async function findImages(words: readonly string[], watching: TreeOptions = {}): Promise<FoundImages> {
  const found = new Set<string>();
  const findings: Finding[] = [];
  for (const word of new Set(words)) {
    if (isAddress(word)) throw new UsageError(notDownloaded(word, 'an image'));
    const status = await stat(word).catch(() => undefined);
    const {images, findings: beside} =
      status?.isDirectory() || (status?.isFile() && (await isArchive(word)))
        ? await inPlace(word, watching)
        : status !== undefined
          ? {images: [word], findings: []}
          : await matching(word);
    findings.push(...beside);
    if (images.length === 0) throw new NoImagesFoundError(word, status === undefined ? `nothing at ${word}` : `no image in ${word}`);
    for (const image of images) found.add(image);
  }
  return {images: [...found], findings};
}
