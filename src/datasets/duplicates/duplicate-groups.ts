import {createHash} from 'node:crypto';
import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {mapConcurrently} from '../../core/async/map-concurrently.js';
import type {Sample} from '../sample.js';
import {nearCopies, type Looking} from './near-duplicates.js';
import {openChecksummedFile, writeChecksummedFile} from '../../core/files/checksummed-file.js';

/** Counted up when the same images come to be grouped otherwise. */
const VERSION = 2;

/** Images that are read at a time for their fingerprints. */
const PRINTS_AT_ONCE = 8;

/** Images whose near-duplicates are looked for. */
export interface Printed {
  readonly samples: readonly Sample[];
  /** The same for identical files. */
  contentHash(sample: Sample): string;
  thumbprint(sample: Sample): Uint8Array | Promise<Uint8Array>;
}

export interface PhotographsOptions extends Looking {
  /** For what was found, made when needed: later runs with the same images take it from there. */
  readonly directory?: string;
}

/** Groups of hashes, where a file holds such, made from the images that its name is of. */
async function readGroups(path: string): Promise<string[][] | undefined> {
  const file = await openChecksummedFile(path, 0);
  await file?.close();
  return file?.metadata as string[][] | undefined;
}

/** Nothing is lost where it cannot be written: the next run looks again. */
async function writeGroups(
  path: string,
  directory: string,
  groups: readonly (readonly string[])[],
): Promise<void> {
  await mkdir(directory, {recursive: true})
    .then(() => writeChecksummedFile(path, 0, async () => groups))
    .catch(() => undefined);
}

async function lookFor(
  byHash: ReadonlyMap<string, Sample>,
  images: Printed,
  looking: Looking,
): Promise<string[][]> {
  const hashes = [...byHash.keys()].sort();
  const printOf = async (hash: string): Promise<Uint8Array> => images.thumbprint(byHash.get(hash)!);
  const prints = await mapConcurrently(hashes, PRINTS_AT_ONCE, printOf, looking.signal);
  return (await nearCopies(prints, looking)).map(group => group.map(i => hashes[i]!));
}

/**
 * Which images show the same photograph, as `nearCopies` tells.
 *
 * @returns by sample, the same for identical files and near-duplicates: the content hash of one of them
 * @throws AbortedError; whatever reading an image throws
 */
export async function photographsOf(
  images: Printed,
  {directory, ...looking}: PhotographsOptions = {},
): Promise<(sample: Sample) => string> {
  const byHash = new Map(images.samples.map(sample => [images.contentHash(sample), sample]));
  const key = createHash('sha256')
    .update(JSON.stringify([VERSION, [...byHash.keys()].sort()]))
    .digest('hex');
  const path =
    directory === undefined ? undefined : join(directory, `copies-${key.slice(0, 32)}.sealed`);
  const known = path === undefined ? undefined : await readGroups(path);
  const groups = known ?? (await lookFor(byHash, images, looking));
  if (known === undefined && path !== undefined) await writeGroups(path, directory!, groups);
  const first = new Map(groups.flatMap(group => group.map(hash => [hash, group[0]!] as const)));
  return sample => {
    const hash = images.contentHash(sample);
    return first.get(hash) ?? hash;
  };
}
