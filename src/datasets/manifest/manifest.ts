import {stat} from 'node:fs/promises';
import {dirname, resolve} from 'node:path';
import {mapConcurrently} from '../../core/async.js';
import {toSystemPath} from '../../core/files/file-names.js';
import type {Finding} from '../../core/finding.js';
import {groupBy} from '../../core/group-by.js';
import type {ExcludeList} from '../discovery/exclude-list.js';
import type {BrokenFile} from '../discovery/list-files.js';
import {
  CONCURRENT_FILES,
  FolderNotFoundError,
  excludableFindings,
} from '../discovery/scan-folder.js';
import {parseSplit, type SplitName} from '../layout/split-names.js';
import type {ImageFolderOptions} from '../sample.js';
import {ManifestFiles} from './listed-files.js';
import {readManifestRows, type ManifestRow} from './manifest-rows.js';
import {ManifestError} from './manifest-table.js';

/** An image of a list, with its name and file. */
export interface ManifestEntry extends Omit<ManifestRow, 'split'> {
  /** Absolute path. */
  readonly file: string;
  readonly name: string;
  readonly split: SplitName;
}

/** The images of a list. */
export interface Manifest {
  /** Folder of the list. */
  readonly root: string;
  readonly path: string;
  /** Entries that are not excluded. */
  readonly entries: readonly ManifestEntry[];
  /** Labels of training images, including excluded ones: a class that has lost all its images must still be reported. */
  readonly labels: readonly string[];
  readonly broken: readonly BrokenFile[];
  readonly findings: readonly Finding[];
}

function resolveRow(
  row: ManifestRow,
  manifest: string,
  files: ManifestFiles,
  fixedSplit: SplitName | undefined,
): ManifestEntry {
  const split = fixedSplit ?? (row.split === '' ? 'train' : parseSplit(row.split));
  if (split === undefined)
    throw new ManifestError(
      {path: manifest, line: row.line},
      {
        problem: `has ${row.split} as the split of ${row.path}`,
        remedy: 'Use train, validation or test.',
      },
    );
  const found = files.find(row.path) ?? files.toListedFile(row.path);
  if ('candidates' in found) {
    const [first, second] = found.candidates;
    throw new ManifestError(
      {path: manifest, line: row.line},
      {
        problem: `may mean ${found.candidates.length} images by ${row.path}, such as ${first} and ${second}`,
        remedy: 'List whole paths.',
      },
    );
  }
  const prefix = fixedSplit === undefined ? '' : `${fixedSplit}://`;
  return {
    line: row.line,
    path: row.path,
    label: row.label,
    file: found.path,
    name: prefix + found.name,
    split,
  };
}

/** Removes duplicate rows and reports them. @throws ManifestError for rows that contradict each other */
function removeDuplicateRows(
  rows: readonly ManifestEntry[],
  manifest: string,
): {entries: ManifestEntry[]; duplicates: string[]} {
  const byName = new Map<string, ManifestEntry>();
  const duplicates: string[] = [];
  for (const row of rows) {
    const previous = byName.get(row.name);
    if (previous === undefined) byName.set(row.name, row);
    else if (previous.label === row.label && previous.split === row.split)
      duplicates.push(row.name);
    else
      throw new ManifestError(
        {path: manifest, line: row.line},
        {
          problem: `has another label or split for ${row.name} than line ${previous.line}`,
          remedy: 'Keep one of the two.',
        },
      );
  }
  return {entries: [...byName.values()], duplicates};
}

function duplicateRowFindings(duplicates: readonly string[]): Finding[] {
  const [first] = duplicates;
  if (first === undefined) return [];
  const subject =
    duplicates.length === 1 ? `${first} is` : `${duplicates.length} images, such as ${first}, are`;
  return [
    {
      code: 'duplicate-rows',
      severity: 'note',
      message: `${subject} listed more than once, with the same label; each counts once.`,
      files: [...duplicates],
    },
  ];
}

/** Finds images that do not exist. Other errors appear when the images are read. */
async function findMissingImages(
  entries: readonly ManifestEntry[],
  {signal, onProgress}: ImageFolderOptions,
): Promise<BrokenFile[]> {
  let done = 0;
  const checkFile = async ({file, name}: ManifestEntry): Promise<BrokenFile | undefined> => {
    const status = await stat(toSystemPath(file)).catch(() => undefined);
    onProgress?.(++done, entries.length);
    return status?.isFile() === true
      ? undefined
      : {
          path: file,
          name,
          reason: status === undefined ? 'there is no such file' : 'it is no file',
        };
  };
  return (await mapConcurrently(entries, CONCURRENT_FILES, checkFile, signal)).filter(
    broken => broken !== undefined,
  );
}

/**
 * Reads a list of images. Paths are relative to its folder. Labels stay text, even if they are numbers.
 *
 * @param split split of all its images, overriding the split column
 * @throws ManifestError, ManifestColumnsError, FolderNotFoundError, AbortedError
 */
export async function readManifest(
  path: string,
  options: ImageFolderOptions,
  excludeList: ExcludeList,
  split?: SplitName,
): Promise<Manifest> {
  const manifest = resolve(path);
  const status = await stat(manifest).catch(() => undefined);
  if (status?.isFile() !== true) {
    const problem = status === undefined ? 'does not exist' : 'is no list of images';
    throw new FolderNotFoundError({path: manifest}, {problem});
  }
  const root = dirname(manifest);
  const {signal, followLinks, pathColumn, labelColumn} = options;
  const files = new ManifestFiles(manifest, {
    ...(signal && {signal}),
    ...(followLinks === true && {followLinks}),
  });
  const columnOptions = {
    ...(pathColumn !== undefined && {pathColumn}),
    ...(labelColumn !== undefined && {labelColumn}),
  };
  const rows = await readManifestRows(manifest, files, columnOptions);
  const resolvedRows = rows.map(row => resolveRow(row, manifest, files, split));
  const {entries: all, duplicates} = removeDuplicateRows(resolvedRows, manifest);
  const entries = excludeList.filter(all);
  const broken = await findMissingImages(entries, options);
  const missingFindings = [...groupBy(broken, ({reason}) => reason)].flatMap(
    ([reason, missingFiles]) => excludableFindings('missing-image', missingFiles, reason),
  );
  const labels = [
    ...new Set(
      all.flatMap(({label, split: entrySplit}) => (entrySplit === 'train' ? [label] : [])),
    ),
  ];
  return {
    root,
    path: manifest,
    entries,
    labels,
    broken,
    findings: [...missingFindings, ...duplicateRowFindings(duplicates)],
  };
}
