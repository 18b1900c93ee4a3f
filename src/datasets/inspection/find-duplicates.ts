import {join} from 'node:path';
import type {ProcessingOptions} from '../cache/unique-images.js';
import {findDuplicateGroups, type DuplicateGroups} from '../duplicates/duplicate-groups.js';
import type {Sample} from '../sample.js';
import type {Duplicates} from './duplicate-findings.js';
import type {InspectionResults} from './inspect-images.js';

export interface CheckOptions extends ProcessingOptions {
  /** Directory for cached results, created when needed. With it, only changed files are inspected again. Default: no cache. */
  readonly cache?: string;
}

/** Finds the duplicates among readable images by their fingerprints. */
export async function findDuplicates(
  readable: readonly Sample[],
  inspected: InspectionResults,
  {cache, ...processing}: CheckOptions,
): Promise<Duplicates & DuplicateGroups> {
  const contentHash = ({name}: Sample): string => inspected.get(name)!.hash!;
  const images = {
    samples: readable,
    contentHash,
    fingerprint: ({name}: Sample) => inspected.get(name)!.image!.fingerprint,
  };
  const groups = await findDuplicateGroups(images, {
    ...(cache !== undefined && {directory: join(cache, 'inspections')}),
    ...(processing.signal !== undefined && {signal: processing.signal}),
    onProgress: (done, total) => processing.onProgress?.(done, total, 'comparing'),
  });
  return {contentHash, ...groups};
}
