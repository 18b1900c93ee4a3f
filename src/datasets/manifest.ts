import {stat} from 'node:fs/promises';
import {dirname, isAbsolute, join, relative, resolve, sep} from 'node:path';
import {UsageError} from '../core/errors.js';
import {TooFewClassesError} from './class-folders.js';
import type {Finding} from '../core/finding.js';
import {UnknownClassError} from './choose-classes.js';
import {concurrently} from './concurrently.js';
import {Exclusion} from './exclusion.js';
import {partNamed, type Part} from './split-names.js';
import {groupBy} from './group-by.js';
import type {ImageFolder, ImageFolderOptions, Sample} from './image-folder.js';
import {FILES_AT_ONCE, FolderNotFoundError} from './image-tree.js';
import {leftOut} from './left-out.js';
import {manifestRows, ManifestError, type ManifestRow} from './manifest-rows.js';
import {assertReadable, type BrokenFile} from './readability.js';

/** An image of a list, named and placed. */
interface Listed extends Omit<ManifestRow, 'split'> {
  /** Absolute. */
  readonly file: string;
  readonly name: string;
  readonly part: Part;
}

function placed(row: ManifestRow, manifest: string, root: string): Listed {
  const part = row.split === '' ? 'train' : partNamed(row.split);
  if (part === undefined) throw new ManifestError(manifest, row.line, `train, validation or test as the split of ${row.path}`, row.split);
  const file = isAbsolute(row.path) ? row.path : join(root, row.path);
  const inside = relative(root, file);
  const isOutside = inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside);
  return {...row, file, name: isOutside ? file : inside.split(sep).join('/'), part};
}

/** Each image once; a line that says the same again is told. @throws ManifestError for one that says something else */
async function readRows(manifest: string, root: string): Promise<{listed: Listed[]; again: string[]}> {
  const byName = new Map<string, Listed>();
  const again: string[] = [];
  for await (const row of manifestRows(manifest)) {
    const found = placed(row, manifest, root);
    const before = byName.get(found.name);
    if (before === undefined) byName.set(found.name, found);
    else if (before.label === found.label && before.part === found.part) again.push(found.name);
    else throw new ManifestError(manifest, found.line, `one label and one split for ${found.name}, as in line ${before.line}`, 'others');
  }
  return {listed: [...byName.values()], again};
}

const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** @throws UnknownClassError, TooFewClassesError */
function classesOf(listed: readonly Listed[], manifest: string, classes: readonly string[] | undefined): string[] {
  const all = [...new Set(listed.filter(({part}) => part === 'train').map(({label}) => label))].sort(byCodePoint);
  const unknown = classes?.find(name => !all.includes(name));
  if (unknown !== undefined) throw new UnknownClassError(unknown, manifest, all);
  const chosen = classes === undefined ? all : all.filter(name => classes.includes(name));
  if (chosen.length < 2) throw new TooFewClassesError(manifest, chosen, 'Give images of two labels at least.');
  return chosen;
}

/** Images that are not there; whether the others can be read is seen when they are. */
async function missing(listed: readonly Listed[], {signal, onProgress}: ImageFolderOptions): Promise<BrokenFile[]> {
  let done = 0;
  const look = async ({file, name}: Listed): Promise<BrokenFile | undefined> => {
    const status = await stat(file).catch(() => undefined);
    onProgress?.(++done, listed.length);
    return status?.isFile() === true
      ? undefined
      : {path: file, name, reason: status === undefined ? 'there is no such file' : 'it is no file'};
  };
  return (await concurrently(listed, FILES_AT_ONCE, look, signal)).filter(broken => broken !== undefined);
}

/**
 * The images that a list names: `path,label[,split]`, paths relative to the list's own folder. Labels stay text, also where they are
 * numbers.
 *
 * @throws ManifestError, FolderNotFoundError, UnknownClassError, TooFewClassesError, EmptyClassError, BrokenClassError, AbortedError
 * @throws UsageError for validation or test images beside a list, which names its own
 */
export async function loadManifest(path: string, options: ImageFolderOptions): Promise<ImageFolder> {
  const manifest = resolve(path);
  if (options.valData !== undefined || options.testData !== undefined) {
    throw new UsageError(`Expected no folder for validation or test beside a list of images, but found one. Give ${path} a column split.`);
  }
  if ((await stat(manifest).catch(() => undefined))?.isFile() !== true) throw new FolderNotFoundError(manifest, 'no list at this path');
  const root = dirname(manifest);
  const {listed: all, again} = await readRows(manifest, root);
  const classNames = classesOf(all, manifest, options.classes);
  const exclusion = new Exclusion(options.exclude);
  const labels = new Map(classNames.map((name, label) => [name, label]));
  const listed = exclusion.kept(all).filter(({label}) => labels.has(label));
  const others = all.filter(({label}) => !labels.has(label)).map(({name}) => name);
  const notUsed = options.classes === undefined ? 'no image for training has its label' : 'its class is not among --classes';
  const broken = await missing(listed, options);
  const gone = new Set(broken.map(({name}) => name));
  assertClasses(listed, broken, classNames, root);
  const samplesOf = (part: Part): Sample[] =>
    listed
      .filter(one => one.part === part && !gone.has(one.name))
      .map(({file, name, label}): Sample => ({path: file, name, label: labels.get(label)!}))
      .sort((a, b) => a.label - b.label || (a.name < b.name ? -1 : 1));
  const [validation, test] = [samplesOf('validation'), samplesOf('test')];
  const findings: Finding[] = [
    ...[...groupBy(broken, ({reason}) => reason)].flatMap(([reason, files]) =>
      leftOut(
        'missing-image',
        'warning',
        files.map(({name}) => name),
        reason,
      ),
    ),
    ...leftOut('class-not-chosen', options.classes === undefined ? 'warning' : 'note', others, notUsed),
    ...listedTwice(again),
    ...exclusion.findings(),
  ];
  return {
    ...{root, classNames, samples: samplesOf('train'), findings, layout: 'list' as const},
    ...(validation.length > 0 && {validation}),
    ...(test.length > 0 && {test}),
  };
}

function assertClasses(listed: readonly Listed[], broken: readonly BrokenFile[], classNames: readonly string[], root: string): void {
  const trained = groupBy(
    listed.filter(({part}) => part === 'train'),
    ({label}) => label,
  );
  const gone = new Map(broken.map(file => [file.name, file]));
  for (const className of classNames) {
    const ofClass = trained.get(className) ?? [];
    const lost = ofClass.flatMap(({name}) => gone.get(name) ?? []);
    assertReadable(className, root, ofClass.length - lost.length, lost);
  }
}

function listedTwice(again: readonly string[]): Finding[] {
  const [first] = again;
  if (first === undefined) return [];
  const which = again.length === 1 ? `${first} is` : `${again.length} images, such as ${first}, are`;
  return [{code: 'listed-twice', severity: 'note', message: `${which} listed more than once, alike; each counts once.`, files: [...again]}];
}
