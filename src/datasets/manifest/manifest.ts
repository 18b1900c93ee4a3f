import {stat} from 'node:fs/promises';
import {dirname, resolve} from 'node:path';
import type {DatasetError} from '../../core/errors.js';
import {toSystemPath} from '../../core/files/file-names.js';
import type {Finding} from '../../core/finding.js';
import {UnknownClassError} from '../discovery/filter-classes.js';
import {TooFewClassesError} from '../discovery/classes.js';
import {compareCodePoints} from '../discovery/class-folders.js';
import {mapConcurrently} from '../../core/async/map-concurrently.js';
import type {ExcludeList} from '../discovery/exclude-list.js';
import {groupBy} from '../../core/group-by.js';
import type {ImageFolderOptions, Sample} from '../sample.js';
import {
  CONCURRENT_FILES,
  FolderNotFoundError,
  excludableFindings,
} from '../discovery/scan-folder.js';
import {skippedFindings} from '../discovery/skipped-files.js';
import {ManifestFiles} from './listed-files.js';
import {readManifestRows, ManifestError, type ManifestRow} from './manifest-rows.js';
import {brokenImageFindings, checkClassReadable} from '../discovery/broken-images.js';
import type {BrokenFile} from '../discovery/list-files.js';
import {parseSplit, type SplitName} from '../layout/split-names.js';

/** An image of a list, named and placed. */
interface ManifestEntry extends Omit<ManifestRow, 'split'> {
  /** Absolute. */
  readonly file: string;
  readonly name: string;
  readonly split: SplitName;
}

/** The images of a list. */
export interface Manifest {
  /** Folder of the list. */
  readonly root: string;
  readonly path: string;
  /** Without those that are excluded. */
  readonly entries: readonly ManifestEntry[];
  /** Of images for training, excluded ones too: a class that has lost all is not forgotten. */
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
      {expected: `train, validation or test as the split of ${row.path}`, found: row.split},
    );
  const found = files.find(row.path) ?? files.toListedFile(row.path);
  if ('candidates' in found) {
    const [first, second] = found.candidates;
    throw new ManifestError(
      {path: manifest, line: row.line},
      {
        expected: `one image for ${row.path}`,
        found: `${found.candidates.length}, such as ${first} and ${second}; list whole paths`,
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

/** Each image once; a line that repeats another is reported. @throws ManifestError for one that says something else */
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
          expected: `one label and one split for ${row.name}, as in line ${previous.line}`,
          found: 'others',
        },
      );
  }
  return {entries: [...byName.values()], duplicates};
}

/** Images that are not there; whether the others can be read is seen when they are. */
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
 * Reads a list of images: paths relative to its own folder. Labels stay text, also where they are numbers.
 *
 * @param split what all its images are for, whatever it says of splits
 * @throws ManifestError, ManifestColumnsError, FolderNotFoundError, AbortedError
 */
export async function readManifest(
  path: string,
  options: ImageFolderOptions,
  excludeList: ExcludeList,
  split?: SplitName,
): Promise<Manifest> {
  const manifest = resolve(path);
  if ((await stat(manifest).catch(() => undefined))?.isFile() !== true)
    throw new FolderNotFoundError({path: manifest}, {found: 'no list at this path'});
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

const LABEL_REMEDY = 'Add lines of other labels, or name the right column with --label-column.';

/**
 * The labels of the training images; each must have images.
 *
 * @param onError called with an EmptyClassError or UnreadableClassError, and the class
 * @throws UnknownClassError, TooFewClassesError; whatever `onRefusal` throws
 */
export function findManifestClasses(
  {entries, labels, broken, path, root}: Manifest,
  requested: readonly string[] | undefined,
  onError: (error: DatasetError, className: string) => void,
): string[] {
  const trainEntries = groupBy(
    entries.filter(({split}) => split === 'train'),
    ({label}) => label,
  );
  const all = labels.toSorted(compareCodePoints);
  const classes = requested?.map(name => name.normalize('NFC'));
  const unknown = classes?.find(name => !all.includes(name));
  if (unknown !== undefined) throw new UnknownClassError({className: unknown, path}, {known: all});
  const selected = classes === undefined ? all : all.filter(name => classes.includes(name));
  if (selected.length < 2)
    throw new TooFewClassesError(
      {path, classNames: selected, remedy: LABEL_REMEDY},
      {requested: 'images of at least 2 classes'},
    );
  for (const name of selected) {
    const images = trainEntries.get(name) ?? [];
    const missingFiles = selectBroken(images, broken);
    const error = checkClassReadable(name, root, images.length - missingFiles.length, missingFiles);
    if (error !== undefined) onError(error, name);
  }
  return selected;
}

function selectBroken(
  entries: readonly ManifestEntry[],
  broken: readonly BrokenFile[],
): BrokenFile[] {
  const brokenByName = new Map(broken.map(file => [file.name, file]));
  return entries.flatMap(({name}) => brokenByName.get(name) ?? []);
}

/** Images of a split with their labels by name, in the order of a folder's; those of no class are skipped. */
export function samplesForSplit(
  {entries, broken}: Manifest,
  split: SplitName,
  classNames: readonly string[],
): Sample[] {
  const [labels, brokenByName] = [
    new Map(classNames.map((name, label) => [name, label])),
    new Set(broken.map(({name}) => name)),
  ];
  return entries
    .filter(
      entry => entry.split === split && labels.has(entry.label) && !brokenByName.has(entry.name),
    )
    .map(({file, name, label}): Sample => ({path: file, name, label: labels.get(label)!}))
    .sort((a, b) => a.label - b.label || (a.name < b.name ? -1 : 1));
}

/** Rows that are skipped for their class, and classes that have lost some of their images. */
export function manifestFindings(
  manifest: Manifest,
  classNames: readonly string[],
  isFiltered: boolean,
): Finding[] {
  const known = new Set(classNames);
  const others = manifest.entries.filter(({label}) => !known.has(label)).map(({name}) => name);
  const byLabel = groupBy(manifest.entries, ({label}) => label);
  const brokenFindings = classNames.flatMap(name => {
    const [entries, missingFiles] = [
      byLabel.get(name) ?? [],
      selectBroken(byLabel.get(name) ?? [], manifest.broken),
    ];
    return brokenImageFindings(name, entries.length - missingFiles.length, missingFiles);
  });
  const reason = isFiltered
    ? 'its class is not among --classes'
    : 'no image for training has its label';
  return [
    ...manifest.findings,
    ...brokenFindings,
    ...skippedFindings('class-filtered', isFiltered ? 'note' : 'warning', others, reason),
  ];
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
