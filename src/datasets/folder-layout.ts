import {annotationRemedy} from './annotations.js';
import {filled, type Folder} from './folder-tree.js';
import {LayoutError, optionsFor, UnlabeledImagesError, type Reading} from './layout-error.js';
import {holdsLabels, isContainer, type Part} from './split-names.js';
import {isCopyOf, likeParts, namedAsParts, nameOfPart, partBeside, partsWithin, repeats} from './layout-doubts.js';
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

export const classesIn = (folder: Folder, unused: readonly UnusedFolder[] = [], reasons: readonly string[] = []): Found => ({
  ...{kind: 'classes', folder, unused, reasons},
});

export const namesOf = (folders: readonly Folder[]): string[] => folders.map(({name}) => name);
export const some = (names: readonly string[]): string => (names.length > 3 ? `${names.slice(0, 3).join(', ')} ...` : names.join(', '));
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
  return {
    ...found,
    unused: [...found.unused, ...unused],
    reasons: [...found.reasons, `all images but labels are in ${within(container, question)}`],
  };
}

/** Class folders, unless something about them says that the classes are elsewhere. */
function lookAmong(folder: Folder, children: readonly Folder[], question: Question): Found {
  const copy = children.find(child => isCopyOf(child, children));
  const part = copy && nameOfPart(copy);
  if (copy !== undefined && (part === 'validation' || part === 'test')) return partBeside(folder, copy, part, children, question);
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
  const areDeep = children.every(({direct}) => direct === 0) && children.some(({folders}) => folders.size > 1);
  const reason = `the folders ${some(namesOf(children))} are the classes, and what is in their sub-folders is theirs (if those are the classes, move them into one folder)`;
  return classesIn(folder, [], areDeep ? [reason] : []);
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
