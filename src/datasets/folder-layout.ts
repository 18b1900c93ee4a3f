import {annotationRemedy} from './annotations.js';
import {filled, type Folder} from './folder-tree.js';
import {LayoutError, optionsFor, optionsForClasses, UnlabeledImagesError, type Reading} from './layout-error.js';
import {holdsLabels, isContainer, splitNameOf, type Part, type SplitName} from './split-names.js';
import {findParts, PART_OPTIONS, type Parts} from './split-folders.js';

/** A folder that plays no part, and why: a clause about one of its images. */
export interface UnusedFolder {
  readonly prefix: string;
  readonly reason: string;
}

/** Where the class folders are. */
export interface FolderLayout {
  readonly layout: 'classes' | 'splits';
  /** What the names of their files begin with: `''`, `'train/'`. */
  readonly prefixes: {readonly train: string; readonly validation?: string; readonly test?: string};
  readonly unused: readonly UnusedFolder[];
  /** Clauses on why it was read so; none for what goes without saying. */
  readonly reasons: readonly string[];
}

/** The folders of a dataset, and what else is known of it. */
export interface Question {
  /** As a person named it. */
  readonly root: string;
  readonly top: Folder;
  /** Names of files that are no images. */
  readonly others: readonly string[];
  /** Names of classes that there must be: where a folder has such a name, the classes are. In NFC. */
  readonly known?: ReadonlySet<string>;
  /** What the folder is for, where it is not the whole dataset. */
  readonly part?: Part;
}

/** What a folder is: it holds class folders or parts of a split, or images that no folder gives a class. */
export type Found =
  | {readonly kind: 'classes'; readonly folder: Folder; readonly unused: readonly UnusedFolder[]; readonly reasons: readonly string[]}
  | {readonly kind: 'splits'; readonly parts: Parts; readonly unused: readonly UnusedFolder[]; readonly reasons: readonly string[]}
  | {readonly kind: 'flat' | 'empty' | 'unlabeled'; readonly parts?: Parts; readonly problem?: string}
  | {readonly kind: 'unclear'; readonly problem: string; readonly readings: readonly Reading[]};

const classesIn = (folder: Folder, unused: readonly UnusedFolder[] = [], reasons: readonly string[] = []): Found => ({
  ...{kind: 'classes', folder, unused, reasons},
});

export const namesOf = (folders: readonly Folder[]): string[] => folders.map(({name}) => name);
const some = (names: readonly string[]): string => (names.length > 3 ? `${names.slice(0, 3).join(', ')} ...` : names.join(', '));
/** Readings of a kind that a sentence names. */
const READINGS = 3;

/** A folder relative to the root. */
export const within = ({prefix}: Folder, {top}: Question): string => prefix.slice(top.prefix.length);

/** What a folder holds. */
export function look(folder: Folder, question: Question): Found {
  const children = filled(folder);
  if (children.length === 0) return {kind: folder.direct > 0 ? 'flat' : 'empty'};
  if (children.some(({name}) => question.known?.has(name.normalize('NFC')))) return classesIn(folder);
  const [only] = children;
  if (only !== undefined && children.length === 1) return lookInto(only, folder, question);
  return lookBesideLabels(children, question) ?? findParts(folder, children, question) ?? lookAmong(folder, children, question);
}

/** The only folder with images: it stands around everything else, unless it is the one class that there is. */
function lookInto(only: Folder, around: Folder, question: Question): Found {
  const found = look(only, question);
  const part = nameOfPart(only);
  if (found.kind === 'flat' || found.kind === 'empty') {
    if (isContainer(only.name) || only.name === around.name) return {kind: 'flat'};
    return part === undefined
      ? classesIn(around)
      : {kind: 'unlabeled', problem: `${within(only, question)} holds images and no class folders.`};
  }
  if (found.kind !== 'classes') return found;
  const reason = `all images are in ${within(found.folder, question)}`;
  if (part === undefined || question.part !== undefined)
    return {...found, reasons: [reason, ...found.reasons.filter(one => !one.startsWith('all'))]};
  if (part === 'train') return {kind: 'splits', parts: {train: found.folder}, unused: found.unused, reasons: found.reasons};
  const readings = [{meaning: 'to use them all the same', options: optionsFor(question.root, {data: within(found.folder, question)})}];
  return {kind: 'unclear', problem: `${question.root} has a folder ${only.name} and none for training.`, readings};
}

/** `images` and `masks`: names that say what kind of files are in folders, and not what they show. */
function lookBesideLabels(children: readonly Folder[], question: Question): Found | undefined {
  const [containers, labels] = [children.filter(({name}) => isContainer(name)), children.filter(({name}) => holdsLabels(name))];
  const [container] = containers;
  if (container === undefined || labels.length === 0 || containers.length + labels.length < children.length) return undefined;
  const found = containers.length > 1 ? undefined : look(container, question);
  if (found?.kind !== 'classes' && found?.kind !== 'splits')
    return {kind: 'unlabeled', problem: `${some(namesOf(children))} say what kind of files they hold, and not what the images show.`};
  const unused = labels.map(({name, prefix}) => ({prefix, reason: `${name} holds labels and no images of its own`}));
  return {...found, unused: [...found.unused, ...unused], reasons: [...found.reasons, `the images are in ${within(container, question)}`]};
}

/** Class folders, unless something about them says that the classes are elsewhere. */
function lookAmong(folder: Folder, children: readonly Folder[], question: Question): Found {
  const copy = children.find(child => isCopyOf(child, children));
  if (copy !== undefined) {
    const found = lookAmong(
      folder,
      children.filter(child => child !== copy),
      question,
    );
    const unused = {prefix: copy.prefix, reason: `${copy.name} repeats the folders beside it`};
    return found.kind === 'classes' ? {...found, unused: [...found.unused, unused]} : found;
  }
  const doubts = [namedAsParts, likeParts, partsWithin, repeats];
  for (const doubt of doubts) {
    const found = doubt(folder, children, question);
    if (found !== undefined) return found;
  }
  const areDeep = children.every(({direct, folders}) => direct === 0 && folders.size > 1);
  const reason = `the folders ${some(namesOf(children))} are the classes, and what is in their sub-folders is theirs (if those are the classes, move them into one folder)`;
  return classesIn(folder, [], areDeep ? [reason] : []);
}

const asClasses = (folder: Folder, classes: readonly Folder[], meaning: string, question: Question): Reading[] =>
  classes.length < 2 ? [] : [{meaning, options: optionsForClasses(question.root, within(folder, question), namesOf(classes))}];

const asEvery = (folder: Folder, classes: readonly Folder[], question: Question): Reading[] =>
  asClasses(folder, classes, `the classes are ${some(namesOf(classes))}`, question);

const below = (what: string, folders: readonly Folder[], question: Question): Reading[] =>
  folders.slice(0, READINGS).map(child => ({
    meaning: `${what} ${some(namesOf(filled(child)))}`,
    options: optionsFor(question.root, {data: within(child, question)}),
  }));

/** `test` beside `cats` and `dogs`. A class may be called `train`, beside `car` and `plane`: then a person has to say so. */
function namedAsParts(folder: Folder, children: readonly Folder[], question: Question): Found | undefined {
  const [named, others] = [children.filter(child => nameOfPart(child)), children.filter(child => !nameOfPart(child))];
  if (named.length === 0) return undefined;
  const names = some(namesOf(named));
  if (others.length === 0) return {kind: 'unlabeled', problem: `${names} hold images and no class folders.`};
  const problem = `In ${question.root}, ${names} ${named.length === 1 ? 'is' : 'are'} named as a part of a split, among folders that look like classes.`;
  const readings = [...asClasses(folder, others, `without ${names}`, question), ...asEvery(folder, children, question)];
  return {kind: 'unclear', problem, readings};
}

/** `new-train` and `old_test`: each says a part of a split, and no two belong together. */
function likeParts(folder: Folder, children: readonly Folder[], question: Question): Found | undefined {
  const names = children.map(({name}) => splitNameOf(name));
  if (names.includes(undefined) || new Set(names.map(name => name!.part)).size < 2) return undefined;
  const problem = `In ${question.root}, ${some(namesOf(children))} are named as parts of a split, and which belong together is not clear.`;
  const usable = children.filter(child => filled(child).length > 1);
  return {kind: 'unclear', problem, readings: [...below('the classes are', usable, question), ...asEvery(folder, children, question)]};
}

/** `cats/train`, `cats/test`: a split in what should be a class. */
function partsWithin(folder: Folder, children: readonly Folder[], question: Question): Found | undefined {
  const parted = children.filter(child => child.direct === 0 && isParted(child));
  if (parted.length === 0) return undefined;
  const holds = parted.length === 1 ? 'holds' : 'hold';
  const problem = `In ${question.root}, ${some(namesOf(parted))} ${holds} folders for training, validation or test, where class folders or images are expected.`;
  const usable = parted.filter(child => ['classes', 'splits'].includes(look(child, question).kind));
  const mixed = asClasses(folder, children, `the classes are ${some(namesOf(children))}; images for training and test are mixed`, question);
  return {kind: 'unclear', problem, readings: [...below('with its folders', usable, question), ...mixed]};
}

/** The same folders in several folders. */
function repeats(folder: Folder, children: readonly Folder[], question: Question): Found | undefined {
  const repeated = repeatedNames(children);
  if (repeated.length < 2) return undefined;
  const problem = `In ${question.root}, ${some(namesOf(children))} hold the same folders, such as ${some(repeated)}: either may be the classes.`;
  return {kind: 'unclear', problem, readings: [...below('the classes are', children, question), ...asEvery(folder, children, question)]};
}

/** The part that a folder is named after, and after nothing else. */
function nameOfPart({name}: Folder): SplitName['part'] | undefined {
  const found = splitNameOf(name);
  return found?.rest === '' ? found.part : undefined;
}

/** `cell_images/cell_images`, as some archives have everything twice. */
function isCopyOf(child: Folder, all: readonly Folder[]): boolean {
  const names = namesOf(filled(child));
  return (
    child.direct === 0 && names.length > 1 && all.length > 2 && names.every(name => all.some(one => one !== child && one.name === name))
  );
}

/** Whether there are folders for training, validation or test in it. */
function isParted(child: Folder): boolean {
  const [first, ...others] = filled(child);
  if (first === undefined) return false;
  if (others.length === 0) return nameOfPart(first) !== undefined || (first.direct === 0 && isParted(first));
  const parts = [first, ...others].map(nameOfPart);
  return new Set(parts.filter(part => part !== undefined)).size > 1 || !parts.includes(undefined);
}

/** Names of folders that several folders hold, where none of those holds images directly. */
function repeatedNames(children: readonly Folder[]): string[] {
  if (children.some(({direct}) => direct > 0)) return [];
  const counts = new Map<string, number>();
  for (const child of children) for (const {name} of filled(inmost(child))) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].filter(([, count]) => count > 1).map(([name]) => name);
}

/** The first folder in a folder that holds several, or images. */
function inmost(folder: Folder): Folder {
  const [only, ...others] = filled(folder);
  return only === undefined || others.length > 0 || folder.direct > 0 ? folder : inmost(only);
}

/** Readings of a folder that is for one part: nothing else can be given with it. */
const readingsFor = (part: Part, readings: readonly Reading[]): Reading[] =>
  readings.flatMap(({meaning, options}) => {
    const isAlone = options.split(' --').length === 1;
    return isAlone ? [{meaning, options: options.replace(/^--data/, `--${PART_OPTIONS[part]}`)}] : [];
  });

/**
 * Tells where the class folders of a dataset are: in the folder itself, in a folder for each part of a split, each perhaps within others.
 *
 * @throws LayoutError (exit 3) where that is not clear, with the options that say it; UnlabeledImagesError where there are none
 */
export function findLayout(question: Question): FolderLayout {
  const {root, top, others, part} = question;
  const found = look(top, question);
  switch (found.kind) {
    case 'classes':
      return {layout: 'classes', prefixes: {train: found.folder.prefix}, unused: found.unused, reasons: found.reasons};
    case 'splits': {
      const {train, validation, test} = found.parts;
      const own = part === undefined ? train : found.parts[part];
      if (own === undefined) throw new LayoutError(root, `${root} has folders of a split and none for ${part}.`, []);
      if (part !== undefined) return {layout: 'classes', prefixes: {train: own.prefix}, unused: [], reasons: [`it is for ${part}`]};
      const prefixes = {
        train: train.prefix,
        ...(validation && {validation: validation.prefix}),
        ...(test && {test: test.prefix}),
      };
      return {layout: 'splits', prefixes, unused: found.unused, reasons: found.reasons};
    }
    case 'unclear':
      throw new LayoutError(root, found.problem, part === undefined ? found.readings : readingsFor(part, found.readings));
    case 'unlabeled': {
      const folders = Object.fromEntries(Object.entries(found.parts ?? {}).map(([name, {prefix}]) => [name, prefix]));
      const remedy =
        annotationRemedy(root, top.prefix, others, folders) ??
        'Put the images of each class into a folder with its name, or give a list of images (.csv).';
      throw new UnlabeledImagesError(root, found.problem ?? `${root} has images without class folders.`, [], remedy);
    }
    default:
      return {layout: 'classes', prefixes: {train: top.prefix}, unused: [], reasons: []};
  }
}
