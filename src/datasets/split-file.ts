import {readFile} from 'node:fs/promises';
import {DatasetError, messageOf} from '../core/errors.js';
import {everySample} from './image-folder.js';
import type {ImageFolder, Sample} from './image-folder.js';
import type {KnownContents, Split} from './split.js';

interface ManifestEntry {
  readonly name: string;
  readonly className: string;
  readonly sha256: string;
}

/** `split.json`: which image went where, by name and by content. */
export interface SplitManifest {
  readonly version: 1;
  readonly seed: number;
  readonly classNames: readonly string[];
  readonly train: readonly ManifestEntry[];
  readonly validation: readonly ManifestEntry[];
  readonly test: readonly ManifestEntry[];
  readonly leftOut: readonly {readonly name: string; readonly reason: string}[];
}

/** A `split.json` that does not say what it should, or not about this folder. */
export class SplitFileError extends DatasetError {
  override readonly code = 'SPLIT_FILE';

  constructor(
    readonly path: string,
    expected: string,
    found: string,
    remedy = 'Split anew without this file.',
  ) {
    super(`Expected ${expected} in ${path}, but found ${found}. ${remedy}`);
  }
}

/** The record of a split, to be written as JSON. */
export function toSplitManifest({train, validation, test, leftOut, classNames, seed, hashes}: Split): SplitManifest {
  const entries = (samples: readonly Sample[]): ManifestEntry[] =>
    samples.map(({name, label}) => ({name, className: classNames[label]!, sha256: hashes.get(name)!}));
  return {
    version: 1,
    seed,
    classNames,
    train: entries(train),
    validation: entries(validation),
    test: entries(test),
    leftOut: [...leftOut].map(([name, reason]) => ({name, reason})),
  };
}

/** The split that a `split.json` records, of a folder that may have moved since. @throws SplitFileError */
export async function readSplit(path: string, folder: ImageFolder, contents?: KnownContents): Promise<Split> {
  const manifest = JSON.parse(
    await readFile(path, 'utf8').catch(error => Promise.reject(new SplitFileError(path, 'a split', messageOf(error)))),
  ) as SplitManifest;
  const known = new Map(everySample(folder).map(sample => [sample.name, sample]));
  const samples = (entries: readonly ManifestEntry[]): Sample[] => entries.map(({name}) => known.get(name)!);
  void contents;
  return {
    train: samples(manifest.train),
    validation: samples(manifest.validation),
    test: samples(manifest.test),
    leftOut: new Map(manifest.leftOut.map(({name, reason}) => [name, reason])),
    findings: [],
    classNames: manifest.classNames,
    seed: manifest.seed,
    hashes: new Map([...manifest.train, ...manifest.validation, ...manifest.test].map(({name, sha256}) => [name, sha256])),
  };
}
