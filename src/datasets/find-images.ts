import {stat} from 'node:fs/promises';
import {join} from 'node:path';
import {glob} from 'glob';
import {UsageError} from '../core/errors.js';
import {concurrently} from './concurrently.js';
import {formatFault, formatOfFile, isNamedAsImage} from './image-format.js';
import {FILES_AT_ONCE, readImageTree} from './image-tree.js';
import type {Watching} from './image-tree.js';

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

async function matching(pattern: string): Promise<string[]> {
  const matches = (await glob(pattern, {nodir: true})).sort();
  const meant = await concurrently(matches, FILES_AT_ONCE, isMeant);
  return matches.filter((_, i) => meant[i]);
}

/**
 * Image files that words of a command line stand for: a file is itself, whatever it is and holds; a folder is every image below it; anything
 * else is a pattern (https://github.com/isaacs/node-glob). In the order of the words, each file once, under the path it was found by.
 * @throws NoImagesFoundError (exit 2) for a word that stands for nothing
 */
export async function findImages(words: readonly string[], watching: Watching = {}): Promise<string[]> {
  const found = new Set<string>();
  for (const word of words) {
    const status = await stat(word).catch(() => undefined);
    const images = status?.isDirectory()
      ? (await readImageTree(word, '', watching)).images.map(({name}) => join(word, name))
      : status !== undefined
        ? [word]
        : await matching(word);
    if (images.length === 0) throw new NoImagesFoundError(word, status === undefined ? `nothing at ${word}` : `no image in ${word}`);
    for (const image of images) found.add(image);
  }
  return [...found];
}
