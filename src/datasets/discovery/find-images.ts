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

/** Thrown for an input that matches no image. */
export class NoImagesFoundError extends defineError(
  UsageError,
  'NO_IMAGES_FOUND',
  (
    {input}: {input: string},
    /** A clause about the input. */
    {problem}: {problem: string},
  ) =>
    `${input} ${problem}. Check the path, or give an image file, a folder of images or a pattern that matches some.`,
) {}

/** Whether a file matched by a pattern is an image, by its content or its extension. */
async function isImageCandidate(path: string): Promise<boolean> {
  if (hasImageExtension(path)) return true;
  const format = await detectFileFormat(path).catch(() => undefined); // a file that cannot be opened counts as no image
  return describeUnreadableFormat(format) === undefined;
}

/** Images that command line inputs match. */
export interface ImageMatches {
  /** Paths of image files, including broken ones: their errors appear when they are read. */
  readonly images: readonly string[];
  /** Findings about skipped files: other formats, hidden files, links that lead outside. */
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

/** Whether a file is an archive, including unsupported formats. */
const isArchive = async (path: string): Promise<boolean> =>
  (await detectArchive(path).catch(() => undefined)) !== undefined;

/** Images in a folder or an archive. Those of an archive have the paths that they were unpacked to. */
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
 * Finds the image files that command line inputs match. A file matches itself, whatever its content. A folder, or an archive of one,
 * matches every image file in it, including broken ones. Other inputs are patterns (https://github.com/isaacs/node-glob). Files are in the
 * order of the inputs, each once, under the path that it was found by.
 * @throws NoImagesFoundError (exit 2) for an input that matches nothing
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
