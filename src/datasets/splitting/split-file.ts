import {readFile} from 'node:fs/promises';
import {defineError, DatasetError, errorMessage} from '../../core/errors.js';
import {createNameLookup} from '../../core/files/file-names.js';
import {validate} from '../../core/schema.js';
import {everySample} from '../discovery/image-folder.js';
import type {ImageFolder, Sample} from '../sample.js';
import {skippedFindings} from '../discovery/skipped-files.js';
import {assertUsable} from './split.js';
import type {ReadableImages, Split} from './splits.js';

/** Increment when older releases can no longer read the file. Version 1 had another key for `skipped`. */
const VERSION = 2;

interface SplitEntry {
  readonly name: string;
  /** SHA-256 of the file's bytes, in hex. */
  readonly sha256: string;
}

/** Content of `split.json`: the split of each image, by name and content hash. Paths are relative, so the folder may be moved. */
export interface SplitDocument {
  readonly version: typeof VERSION;
  readonly seed: number;
  readonly classNames: readonly string[];
  readonly train: readonly SplitEntry[];
  readonly validation: readonly SplitEntry[];
  readonly test: readonly SplitEntry[];
  readonly skipped: readonly {readonly name: string; readonly reason: string}[];
}

/** A file that differs between two splits. */
export interface SplitChange {
  readonly name: string;
  readonly change: 'other bytes' | 'gone' | 'new' | 'in another split';
}

/** Split and hash of each file, by name. */
const placementsByName = ({
  train,
  validation,
  test,
  skipped: others,
}: SplitDocument): Map<string, {split: string; sha256?: string}> =>
  new Map(
    Object.entries({train, validation, test, others}).flatMap(([split, entries]) =>
      entries.map((entry): [string, {split: string; sha256?: string}] => [
        entry.name,
        {split, ...('sha256' in entry && {sha256: entry.sha256})},
      ]),
    ),
  );

/** Files that were changed, added, removed, or moved to another split. */
export function splitChanges(before: SplitDocument, now: SplitDocument): SplitChange[] {
  const [old, current] = [placementsByName(before), placementsByName(now)];
  const changes = [...old].flatMap(([name, {split, sha256}]): SplitChange[] => {
    const found = current.get(name);
    if (found === undefined) return [{name, change: 'gone'}];
    if (sha256 !== found.sha256 && sha256 !== undefined) return [{name, change: 'other bytes'}];
    return split === found.split ? [] : [{name, change: 'in another split'}];
  });
  return [
    ...changes,
    ...[...current.keys()]
      .filter(name => !old.has(name))
      .map(name => ({name, change: 'new' as const})),
  ];
}

const listSchema = (...keys: readonly string[]): object => ({
  type: 'array',
  items: {
    type: 'object',
    required: keys,
    properties: Object.fromEntries(keys.map(key => [key, {type: 'string'}])),
  },
});

const SPLIT_SCHEMA = {
  type: 'object',
  required: ['version', 'seed', 'classNames', 'train', 'validation', 'test', 'skipped'],
  properties: {
    version: {const: VERSION},
    seed: {type: 'number'},
    classNames: {type: 'array', items: {type: 'string'}},
    train: listSchema('name', 'sha256'),
    validation: listSchema('name', 'sha256'),
    test: listSchema('name', 'sha256'),
    skipped: listSchema('name', 'reason'),
  },
} as const;

/** Thrown for a `split.json` that cannot be read, or does not match the images of the folder. */
export class SplitFileError extends defineError(
  DatasetError,
  'INVALID_SPLIT_FILE',
  (
    {path}: {path: string},
    /** A clause about the split. */
    {problem}: {problem: string},
  ) => `Split ${path} ${problem}. Create a new split, without this file.`,
) {}

/** Converts a split to a JSON document. */
export function toSplitDocument({
  train,
  validation,
  test,
  skipped,
  classNames,
  seed,
  hashes,
}: Split): SplitDocument {
  const entries = (samples: readonly Sample[]): SplitEntry[] =>
    samples.map(({name}) => ({name, sha256: hashes.get(name)!}));
  return {
    version: VERSION,
    seed,
    classNames,
    train: entries(train),
    validation: entries(validation),
    test: entries(test),
    skipped: [...skipped].map(([name, reason]) => ({name, reason})),
  };
}

/** @throws SplitFileError for another version; SchemaError */
export function parseSplitDocument(document: unknown, path: string): SplitDocument {
  const {version} = (document ?? {}) as {version?: unknown};
  if (typeof version === 'number' && version !== VERSION)
    throw new SplitFileError(
      {path},
      {problem: `has version ${version}, and version ${VERSION} is read`},
    );
  return validate<SplitDocument>(SPLIT_SCHEMA, document, `Split ${path}`);
}

async function readSplitDocument(path: string): Promise<SplitDocument> {
  const text = await readFile(path, 'utf8').catch(error => {
    throw new SplitFileError({path}, {problem: `cannot be read: ${errorMessage(error)}`});
  });
  try {
    return parseSplitDocument(JSON.parse(text), path);
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new SplitFileError({path}, {problem: `is not JSON: ${error.message}`});
    throw error;
  }
}

/**
 * Restores the split of a `split.json`. New images of the folder are skipped and reported.
 *
 * @param contents hashes, to check that the images are unchanged; without it, only names are compared
 * @throws SplitFileError, SchemaError, NoValidationImagesError, NoTrainingImagesError
 */
export async function readSplit(
  path: string,
  folder: ImageFolder,
  contents?: ReadableImages,
): Promise<Split> {
  const document = await readSplitDocument(path);
  const normalizedNames = document.classNames.map(name => name.normalize('NFC'));
  if (
    JSON.stringify(normalizedNames) !==
    JSON.stringify(folder.classNames.map(name => name.normalize('NFC')))
  ) {
    throw new SplitFileError(
      {path},
      {
        problem: `is of the classes ${document.classNames.join(', ')}, and ${folder.root} has ${folder.classNames.join(', ')}`,
      },
    );
  }
  const entries = [...document.train, ...document.validation, ...document.test];
  const found = findSamples(entries, path, folder, contents);
  const samples = (recorded: readonly SplitEntry[]): Sample[] =>
    recorded.map(({name}) => found.get(name)!);
  const splits = {
    train: samples(document.train),
    validation: samples(document.validation),
    test: samples(document.test),
  };
  assertUsable(folder, splits);
  const isListed = createNameLookup(
    [...entries, ...document.skipped].map(({name}) => [name, true] as const),
  );
  const unlisted = everySample(folder)
    .map(({name}) => name)
    .filter(name => isListed(name) === undefined);
  const reason = `it is not in ${path}`;
  return {
    ...splits,
    skipped: new Map([
      ...document.skipped.map(entry => [entry.name, entry.reason] as const),
      ...unlisted.map(name => [name, reason] as const),
    ]),
    findings: skippedFindings('not-in-split', 'warning', unlisted, reason),
    classNames: folder.classNames,
    seed: document.seed,
    hashes: new Map(entries.map(({name, sha256}) => [found.get(name)!.name, sha256])),
  };
}

/** The samples of the entries, by name. Each must exist exactly once and be unchanged. */
function findSamples(
  entries: readonly SplitEntry[],
  path: string,
  folder: ImageFolder,
  contents: ReadableImages | undefined,
): Map<string, Sample> {
  const readable = createNameLookup(
    (contents?.samples ?? everySample(folder)).map(sample => [sample.name, sample] as const),
  );
  const found = new Map<string, Sample>();
  const used = new Set<Sample>();
  for (const {name, sha256} of entries) {
    const sample = readable(name);
    if (sample === undefined)
      throw new SplitFileError(
        {path},
        {problem: `lists ${name}, and ${folder.root} has no such image that can be read`},
      );
    if (used.has(sample)) throw new SplitFileError({path}, {problem: `lists ${name} twice`});
    if (contents !== undefined && contents.contentHash(sample) !== sha256)
      throw new SplitFileError(
        {path},
        {problem: `was made of other bytes in ${name} than are there now`},
      );
    found.set(name, sample);
    used.add(sample);
  }
  return found;
}
