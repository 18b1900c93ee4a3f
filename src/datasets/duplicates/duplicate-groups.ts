import {mkdir} from 'node:fs/promises';
import {join} from 'node:path';
import {mapConcurrently} from '../../core/async.js';
import type {Finding} from '../../core/finding.js';
import {groupBy} from '../../core/group-by.js';
import {formatCount, formatInteger} from '../../core/text/format-count.js';
import type {Sample} from '../sample.js';
import {findNearDuplicates, type DuplicateSearchOptions} from './near-duplicates.js';
import {openChecksummedFile, writeChecksummedFile} from '../../core/files/checksummed-file.js';
import {sha256} from '../../core/files/sha256.js';

/** Increment when the grouping of the same images changes. */
const VERSION = 3;

/** Number of images read concurrently for their fingerprints. */
const CONCURRENT_FINGERPRINTS = 8;

/** Images to search for near-duplicates. */
export interface FingerprintedImages {
  readonly samples: readonly Sample[];
  /** Content hash of a sample's file, the same for exact duplicates. */
  contentHash(sample: Sample): string;
  fingerprint(sample: Sample): Uint8Array | Promise<Uint8Array>;
}

export interface DuplicateGroupsOptions extends DuplicateSearchOptions {
  /** Directory for the groups found, created when needed. Later runs with the same images reuse them. */
  readonly directory?: string;
}

/** Near-duplicates of a set of images. */
export interface DuplicateGroups {
  /** Content hash of one image of a sample's group: the same for exact duplicates and near-duplicates. */
  readonly duplicateGroup: (sample: Sample) => string;
  /** What was found about the set as a whole. */
  readonly findings: readonly Finding[];
}

/** Size of a group across classes that can no longer be copies of one image: images, and fraction of all images. */
const MIN_INDISTINCT = {images: 10, fraction: 0.1} as const;

/**
 * Whether a group joins so many images of several classes that they are no copies of one image but images of one kind: spectrograms,
 * scans, frames of one camera. Kept together, they would leave nothing to validate on.
 */
const isIndistinct = (group: readonly Sample[], total: number): boolean =>
  group.length >= Math.max(MIN_INDISTINCT.images, MIN_INDISTINCT.fraction * total) &&
  new Set(group.map(({label}) => label)).size > 1;

const indistinctFinding = (samples: readonly Sample[], total: number): Finding => ({
  code: 'indistinct-images',
  severity: 'warning',
  message:
    `${formatInteger(samples.length)} of ${formatCount(total, 'image')} look so alike, across classes, that near-duplicates cannot be told from ` +
    'other images of this kind. Only identical files are kept together in a split. If images belong together, such as frames of a video, say so with --group-by.',
  files: samples.map(({name}) => name),
});

/** Reads groups of hashes from a file; undefined if it has none. The file name identifies the images. */
async function readGroups(path: string): Promise<string[][] | undefined> {
  const file = await openChecksummedFile(path, 0);
  await file?.close();
  return file?.metadata as string[][] | undefined;
}

/** Writes groups to a file. Never throws: without the file, the next run searches again. */
async function writeGroups(
  path: string,
  directory: string,
  groups: readonly (readonly string[])[],
): Promise<void> {
  await mkdir(directory, {recursive: true})
    .then(() => writeChecksummedFile(path, 0, async () => groups))
    .catch(() => undefined);
}

async function searchGroups(
  byHash: ReadonlyMap<string, Sample>,
  images: FingerprintedImages,
  search: DuplicateSearchOptions,
): Promise<string[][]> {
  const hashes = [...byHash.keys()].sort();
  const readFingerprint = async (hash: string): Promise<Uint8Array> =>
    images.fingerprint(byHash.get(hash)!);
  const fingerprints = await mapConcurrently(
    hashes,
    CONCURRENT_FINGERPRINTS,
    readFingerprint,
    search.signal,
  );
  return (await findNearDuplicates(fingerprints, search)).map(group => group.map(i => hashes[i]!));
}

/**
 * Finds groups of near-duplicates with `findNearDuplicates`. A group that only shows that images are of one kind is not kept.
 *
 * @throws AbortedError; errors of reading an image
 */
export async function findDuplicateGroups(
  images: FingerprintedImages,
  {directory, ...search}: DuplicateGroupsOptions = {},
): Promise<DuplicateGroups> {
  const byHash = new Map(images.samples.map(sample => [images.contentHash(sample), sample]));
  const key = sha256(JSON.stringify([VERSION, [...byHash.keys()].sort()]));
  const path =
    directory === undefined ? undefined : join(directory, `duplicates-${key.slice(0, 32)}.bin`);
  const cached = path === undefined ? undefined : await readGroups(path);
  const groups = cached ?? (await searchGroups(byHash, images, search));
  if (cached === undefined && path !== undefined) await writeGroups(path, directory!, groups);
  const representatives = new Map(
    groups.flatMap(group => group.map(hash => [hash, group[0]!] as const)),
  );
  const nearDuplicateGroup = (sample: Sample): string => {
    const hash = images.contentHash(sample);
    return representatives.get(hash) ?? hash;
  };
  const {samples} = images;
  const indistinct = [...groupBy(samples, nearDuplicateGroup)].filter(([, group]) =>
    isIndistinct(group, samples.length),
  );
  const dissolved = new Set(indistinct.map(([key]) => key));
  return {
    duplicateGroup: sample => {
      const key = nearDuplicateGroup(sample);
      return dissolved.has(key) ? images.contentHash(sample) : key;
    },
    findings:
      indistinct.length === 0
        ? []
        : [
            indistinctFinding(
              indistinct.flatMap(([, group]) => group),
              samples.length,
            ),
          ],
  };
}
