import {classesIn, look, namesOf, some, within, type Found, type Question} from './folder-layout.js';
import {filled, type Folder} from './folder-tree.js';
import {optionsFor, optionsForClasses, type Reading} from './layout-error.js';
import {PART_OPTIONS} from './split-folders.js';
import {splitNameOf, type SplitName} from './split-names.js';

// What speaks against taking folders for classes.

/** Readings of a kind that a sentence names. */
const READINGS = 3;

/** `test/cats` and `test/dogs` beside `cats` and `dogs`. */
export function partBeside(
  folder: Folder,
  copy: Folder,
  part: 'validation' | 'test',
  children: readonly Folder[],
  question: Question,
): Found {
  const classes = children.filter(child => child !== copy);
  const own = optionsFor(question.root, {[PART_OPTIONS[part]]: within(copy, question)});
  const readings = asClasses(folder, classes, `${copy.name} for ${part}`, question);
  const problem = `In ${question.root}, ${copy.name} is among the classes and holds folders of their names.`;
  return {kind: 'unclear', problem, readings: readings.map(one => ({...one, options: `${one.options} ${own}`}))};
}

const asClasses = (folder: Folder, classes: readonly Folder[], meaning: string, question: Question): Reading[] =>
  classes.length < 2 ? [] : [{meaning, options: optionsForClasses(question.root, within(folder, question), namesOf(classes))}];

const asEvery = (folder: Folder, classes: readonly Folder[], question: Question): Reading[] =>
  asClasses(folder, classes, `the classes are ${some(namesOf(classes))}`, question);

const below = (what: string, folders: readonly Folder[], question: Question): Reading[] =>
  folders.slice(0, READINGS).map(child => ({
    meaning: `${what} ${some(namesOf(filled(inmost(child))))}`,
    options: optionsFor(question.root, {data: within(child, question)}),
  }));

/** `test` beside `cats` and `dogs`. A class may be called `train`, beside `car` and `plane`: then a person has to say so. */
export function namedAsParts(folder: Folder, children: readonly Folder[], question: Question): Found | undefined {
  const [named, others] = [children.filter(child => nameOfPart(child)), children.filter(child => !nameOfPart(child))];
  if (named.length === 0) return undefined;
  if (question.part !== undefined && others.length > 1 && named.every(child => nameOfPart(child) === 'unlabeled')) {
    const unused = named.map(({name, prefix}) => ({prefix, reason: `${name} is no class: its images are unlabeled`}));
    return classesIn(folder, unused);
  }
  const names = some(namesOf(named));
  if (others.length === 0) return {kind: 'unlabeled', problem: `${names} hold images and no class folders.`};
  if (repeatedNames(children).length > 1) return undefined; // `repeats` says more
  const problem = `In ${question.root}, ${names} ${named.length === 1 ? 'is' : 'are'} named as a part of a split, among folders that look like classes.`;
  const readings = [...asClasses(folder, others, `without ${names}`, question), ...asEvery(folder, children, question)];
  return {kind: 'unclear', problem, readings};
}

/** `new-train` and `old_test`: each says a part of a split, and no two belong together. */
export function likeParts(folder: Folder, children: readonly Folder[], question: Question): Found | undefined {
  const names = children.map(({name}) => splitNameOf(name));
  if (names.includes(undefined) || new Set(names.map(name => name!.part)).size < 2) return undefined;
  const problem = `In ${question.root}, ${some(namesOf(children))} are named as parts of a split, and which belong together is not clear.`;
  const usable = children.filter(child => filled(child).length > 1);
  return {kind: 'unclear', problem, readings: [...below('the classes are', usable, question), ...asEvery(folder, children, question)]};
}

/** `cats/train`, `cats/test`: a split in what should be a class. */
export function partsWithin(folder: Folder, children: readonly Folder[], question: Question): Found | undefined {
  const parted = children.filter(child => child.direct === 0 && isParted(child));
  if (parted.length === 0) return undefined;
  const holds = parted.length === 1 ? 'holds' : 'hold';
  const problem = `In ${question.root}, ${some(namesOf(parted))} ${holds} folders for training, validation or test, where class folders or images are expected.`;
  const usable = parted.filter(child => ['classes', 'splits'].includes(look(child, question).kind));
  const mixed = asClasses(folder, children, `the classes are ${some(namesOf(children))}; images for training and test are mixed`, question);
  return {kind: 'unclear', problem, readings: [...below('with its folders', usable, question), ...mixed]};
}

/** The same folders in several folders. */
export function repeats(folder: Folder, children: readonly Folder[], question: Question): Found | undefined {
  const repeated = repeatedNames(children);
  if (repeated.length < 2) return undefined;
  const asParts =
    question.part === undefined
      ? ' If they are parts of a split, training takes one as --data, and others as --val-data and --test-data.'
      : '';
  const problem = `In ${question.root}, ${some(namesOf(children))} hold the same folders, such as ${some(repeated)}: either may be the classes.${asParts}`;
  return {kind: 'unclear', problem, readings: [...below('the classes are', children, question), ...asEvery(folder, children, question)]};
}

/** The part that a folder is named after, and after nothing else. */
export function nameOfPart({name}: Folder): SplitName['part'] | undefined {
  const found = splitNameOf(name);
  return found?.rest === '' ? found.part : undefined;
}

/** `cell_images/cell_images`, as some archives have everything twice. */
export function isCopyOf(child: Folder, all: readonly Folder[]): boolean {
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
