import {stat} from 'node:fs/promises';
import {dirname, resolve} from 'node:path';
import type {DatasetError} from '../core/errors.js';
import {systemPath} from '../core/file-names.js';
import type {Finding} from '../core/finding.js';
import {UnknownClassError} from './choose-classes.js';
import {byCodePoint, TooFewClassesError} from './class-folders.js';
import {concurrently} from './concurrently.js';
import type {Exclusion} from './exclusion.js';
import {groupBy} from './group-by.js';
import type {ImageFolderOptions, Sample} from './image-folder.js';
import {FILES_AT_ONCE, FolderNotFoundError, toLeaveOut} from './image-tree.js';
import {leftOut} from './left-out.js';
import {ListedFiles} from './listed-files.js';
import {manifestRows, ManifestError, type ManifestRow} from './manifest-rows.js';
import {lossFindings, readabilityOf, type BrokenFile} from './readability.js';
import {partNamed, type Part} from './split-names.js';

/** An image of a list, named and placed. */
interface Listed extends Omit<ManifestRow, 'split'> {
  /** Absolute. */
  readonly file: string;
  readonly name: string;
  readonly part: Part;
}

/** The images of a list. */
export interface List {
  /** Folder of the list. */
  readonly root: string;
  readonly path: string;
  /** Without those that are excluded. */
  readonly listed: readonly Listed[];
  /** Of images for training, excluded ones too: a class that has lost all is not forgotten. */
  readonly labels: readonly string[];
  readonly broken: readonly BrokenFile[];
  readonly findings: readonly Finding[];
}

function placed(row: ManifestRow, manifest: string, files: ListedFiles, given: Part | undefined): Listed {
  const part = given ?? (row.split === '' ? 'train' : partNamed(row.split));
  if (part === undefined) throw new ManifestError(manifest, row.line, `train, validation or test as the split of ${row.path}`, row.split);
  const found = files.find(row.path) ?? files.place(row.path);
  if ('several' in found) {
    const [first, second] = found.several;
    throw new ManifestError(
      manifest,
      row.line,
      `one image for ${row.path}`,
      `${found.several.length}, such as ${first} and ${second}; list whole paths`,
    );
  }
  const prefix = given === undefined ? '' : `${given}://`;
  return {line: row.line, path: row.path, label: row.label, file: found.path, name: prefix + found.name, part};
}

/** Each image once; a line that says the same again is told. @throws ManifestError for one that says something else */
function withoutRepeats(rows: readonly Listed[], manifest: string): {listed: Listed[]; again: string[]} {
  const byName = new Map<string, Listed>();
  const again: string[] = [];
  for (const row of rows) {
    const before = byName.get(row.name);
    if (before === undefined) byName.set(row.name, row);
    else if (before.label === row.label && before.part === row.part) again.push(row.name);
    else throw new ManifestError(manifest, row.line, `one label and one split for ${row.name}, as in line ${before.line}`, 'others');
  }
  return {listed: [...byName.values()], again};
}

/** Images that are not there; whether the others can be read is seen when they are. */
async function missing(listed: readonly Listed[], {signal, onProgress}: ImageFolderOptions): Promise<BrokenFile[]> {
  let done = 0;
  const look = async ({file, name}: Listed): Promise<BrokenFile | undefined> => {
    const status = await stat(systemPath(file)).catch(() => undefined);
    onProgress?.(++done, listed.length);
    return status?.isFile() === true
      ? undefined
      : {path: file, name, reason: status === undefined ? 'there is no such file' : 'it is no file'};
  };
  return (await concurrently(listed, FILES_AT_ONCE, look, signal)).filter(broken => broken !== undefined);
}

/**
 * Reads a list of images: paths relative to its own folder. Labels stay text, also where they are numbers.
 *
 * @param part what all its images are for, whatever it says of splits
 * @throws ManifestError, ManifestColumnsError, FolderNotFoundError, AbortedError
 */
export async function readList(path: string, options: ImageFolderOptions, exclusion: Exclusion, part?: Part): Promise<List> {
  const manifest = resolve(path);
  if ((await stat(manifest).catch(() => undefined))?.isFile() !== true) throw new FolderNotFoundError(manifest, 'no list at this path');
  const root = dirname(manifest);
  const {signal, followLinks, pathColumn, labelColumn} = options;
  const files = new ListedFiles(manifest, {...(signal && {signal}), ...(followLinks === true && {followLinks})});
  const wishes = {...(pathColumn !== undefined && {pathColumn}), ...(labelColumn !== undefined && {labelColumn})};
  const rows = await manifestRows(manifest, files, wishes);
  const placedRows = rows.map(row => placed(row, manifest, files, part));
  const {listed: all, again} = withoutRepeats(placedRows, manifest);
  const listed = exclusion.kept(all);
  const broken = await missing(listed, options);
  const missed = [...groupBy(broken, ({reason}) => reason)].flatMap(([reason, lost]) => toLeaveOut('missing-image', lost, reason));
  const labels = [...new Set(all.flatMap(({label, part: of}) => (of === 'train' ? [label] : [])))];
  return {root, path: manifest, listed, labels, broken, findings: [...missed, ...listedTwice(again)]};
}

const LIST_REMEDY = 'Add lines of other labels, or name the right column with --label-column.';

/**
 * The labels of images for training, after a look at whether each has images.
 *
 * @param onRefusal told of an EmptyClassError or BrokenClassError, and which class it is about
 * @throws UnknownClassError, TooFewClassesError; whatever `onRefusal` throws
 */
export function classesOf(
  {listed, labels, broken, path, root}: List,
  wanted: readonly string[] | undefined,
  onRefusal: (error: DatasetError, className: string) => void,
): string[] {
  const trained = groupBy(
    listed.filter(({part}) => part === 'train'),
    ({label}) => label,
  );
  const all = labels.toSorted(byCodePoint);
  const classes = wanted?.map(name => name.normalize('NFC'));
  const unknown = classes?.find(name => !all.includes(name));
  if (unknown !== undefined) throw new UnknownClassError(unknown, path, all);
  const chosen = classes === undefined ? all : all.filter(name => classes.includes(name));
  if (chosen.length < 2) throw new TooFewClassesError(path, chosen, LIST_REMEDY, 'images of at least 2 classes');
  for (const name of chosen) {
    const images = trained.get(name) ?? [];
    const lost = lostOf(images, broken);
    const refusal = readabilityOf(name, root, images.length - lost.length, lost);
    if (refusal !== undefined) onRefusal(refusal, name);
  }
  return chosen;
}

function lostOf(listed: readonly Listed[], broken: readonly BrokenFile[]): BrokenFile[] {
  const gone = new Map(broken.map(file => [file.name, file]));
  return listed.flatMap(({name}) => gone.get(name) ?? []);
}

/** Images of a part with their labels by name, in the order of a folder's; what is of no class is left out. */
export function samplesOf({listed, broken}: List, part: Part, classNames: readonly string[]): Sample[] {
  const [labels, gone] = [new Map(classNames.map((name, label) => [name, label])), new Set(broken.map(({name}) => name))];
  return listed
    .filter(one => one.part === part && labels.has(one.label) && !gone.has(one.name))
    .map(({file, name, label}): Sample => ({path: file, name, label: labels.get(label)!}))
    .sort((a, b) => a.label - b.label || (a.name < b.name ? -1 : 1));
}

/** What is left out of a list for its class, and classes that have lost some of their images. */
export function listFindings(list: List, classNames: readonly string[], areChosen: boolean): Finding[] {
  const known = new Set(classNames);
  const others = list.listed.filter(({label}) => !known.has(label)).map(({name}) => name);
  const byLabel = groupBy(list.listed, ({label}) => label);
  const losses = classNames.flatMap(name => {
    const [listed, lost] = [byLabel.get(name) ?? [], lostOf(byLabel.get(name) ?? [], list.broken)];
    return lossFindings(name, listed.length - lost.length, lost);
  });
  const reason = areChosen ? 'its class is not among --classes' : 'no image for training has its label';
  return [...list.findings, ...losses, ...leftOut('class-not-chosen', areChosen ? 'note' : 'warning', others, reason)];
}

function listedTwice(again: readonly string[]): Finding[] {
  const [first] = again;
  if (first === undefined) return [];
  const which = again.length === 1 ? `${first} is` : `${again.length} images, such as ${first}, are`;
  return [{code: 'listed-twice', severity: 'note', message: `${which} listed more than once, alike; each counts once.`, files: [...again]}];
}
