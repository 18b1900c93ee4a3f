import {stat} from 'node:fs/promises';
import {join} from 'node:path';
import {glob} from 'glob';
import {isUrl, explainUrlNotDownloaded} from '../../core/text/url.js';
import {defineError, UsageError} from '../../core/errors.js';
import type {Finding} from '../../core/finding.js';
import {detectArchive} from '../archives/archive-kind.js';
import {resolveDataset} from '../archives/dataset-location.js';
import {mapConcurrently} from '../../core/async.js';
import {
  describeUnreadableFormat,
  detectFileFormat,
  hasImageExtension,
} from '../images/image-format.js';
import {CONCURRENT_FILES, scanFolder} from './scan-folder.js';
import type {ScanOptions} from './scan-folder.js';
import {skippedFindings} from './skipped-files.js';

/** A word that stands for no image at all. */
export class NoImagesFoundError extends defineError(
  UsageError,
  'NO_IMAGES_FOUND',
  (
    {input}: {input: string},
    /** A clause about the word. */
    {problem}: {problem: string},
  ) =>
    `${input} ${problem}. Check the path, or give an image file, a folder of images or a pattern that matches some.`,
) {}

/** Whether a file that a pattern matched is meant: one that holds an image, or says so by its name. */
async function isImageCandidate(path: string): Promise<boolean> {
  if (hasImageExtension(path)) return true;
  const format = await detectFileFormat(path).catch(() => undefined); // what may not be read is not told to be none
  return describeUnreadableFormat(format) === undefined;
}

/** What words of a command line stand for. */
export interface ImageMatches {
  /** Those that hold an image, and those that should: what is wrong with these shows when they are read. */
  readonly images: readonly string[];
  /** Files next to them that are no images, hidden ones, links that lead out. */
  readonly findings: readonly Finding[];
}

async function matchPattern(pattern: string): Promise<ImageMatches> {
  const matches = (await glob(pattern, {nodir: true})).sort();
  const areCandidates = await mapConcurrently(matches, CONCURRENT_FILES, isImageCandidate);
  const others = matches.filter((_, i) => !areCandidates[i]);
  return {
    images: matches.filter((_, i) => areCandidates[i]),
    findings: skippedFindings('not-an-image', 'note', others, 'it is not an image'),
  };
}

/** Whether a file is an archive, also of a kind that is not read. */
const isArchive = async (path: string): Promise<boolean> =>
  (await detectArchive(path).catch(() => undefined)) !== undefined;

/** What is below a folder, or in an archive: then under the paths it was unpacked to. */
async function findInDataset(path: string, options: ScanOptions): Promise<ImageMatches> {
  const {root, findings} = await resolveDataset(path, options);
  const found = await findInFolder(root, options);
  return {...found, findings: [...found.findings, ...findings]};
}

async function findInFolder(folder: string, options: ScanOptions): Promise<ImageMatches> {
  const tree = await scanFolder(folder, join(folder, '/'), options);
  const broken = tree.broken.filter(({name}) => !name.endsWith('/'));
  const images = [...tree.images, ...broken].map(({name, diskName = name}) => join(diskName));
  return {
    images: images.sort(),
    findings: tree.findings.filter(({code}) => code !== 'unreadable-image'),
  };
}

/**
 * Image files that words of a command line stand for: a file is itself, whatever it is and holds; a folder, or an archive of one, is every file in it
 * that holds an image or should; anything else is a pattern (https://github.com/isaacs/node-glob). In the order of the words, each file once, under the
 * path it was found by.
 * @throws NoImagesFoundError (exit 2) for a word that stands for nothing
 */
export async function findImages(
  inputs: readonly string[],
  options: ScanOptions = {},
): Promise<ImageMatches> {
  const found = new Set<string>();
  const findings: Finding[] = [];
  for (const input of new Set(inputs)) {
    if (isUrl(input)) throw new UsageError(explainUrlNotDownloaded(input, 'an image'));
    const status = await stat(input).catch(() => undefined);
    const {images, findings: inputFindings} =
      status?.isDirectory() || (status?.isFile() && (await isArchive(input)))
        ? await findInDataset(input, options)
        : status !== undefined
          ? {images: [input], findings: []}
          : await matchPattern(input);
    findings.push(...inputFindings);
    if (images.length === 0)
      throw new NoImagesFoundError(
        {input},
        {problem: status === undefined ? 'stands for no file' : 'holds no image'},
      );
    for (const image of images) found.add(image);
  }
  return {images: [...found], findings};
}
