import {look, namesOf, within, type Found, type Question, type UnusedFolder} from './folder-layout.js';
import {filled, type Folder} from './folder-tree.js';
import {optionsFor, optionsForClasses, type Reading} from './layout-error.js';
import {splitNameOf, type Part, type SplitName} from './split-names.js';

/** Class folders of each part. */
export interface Parts {
  readonly train: Folder;
  readonly validation?: Folder;
  readonly test?: Folder;
}

/** A folder that is named as a part of a split. */
interface Candidate extends SplitName {
  readonly folder: Folder;
}

const candidateIn = (folder: Folder): Candidate[] => {
  const name = splitNameOf(folder.name);
  return name === undefined ? [] : [{...name, folder}];
};

/** Whether names say that folders belong to one split: `train` and `val`, `seg_train` and `seg_test`. */
const belong = (a: Candidate, b: Candidate): boolean => a.part !== b.part && a.rest === b.rest;

/** What says where the images of a part are. */
export const PART_OPTIONS: Readonly<Record<Part, string>> = {train: 'data', validation: 'val-data', test: 'test-data'};

const listed = (folders: readonly Folder[]): string => namesOf(folders).join(' and ');

/** Parts of a split among folders: undefined where their names or what they hold say that they are classes. */
export function findParts(folder: Folder, children: readonly Folder[], question: Question): Found | undefined {
  const candidates = children.flatMap(candidateIn);
  const [trains, others] = [candidates.filter(({part}) => part === 'train'), candidates.filter(({part}) => part !== 'train')];
  const inCompany = trains.filter(train => others.some(other => belong(train, other)));
  const eligible = inCompany.length > 0 ? inCompany : trains.filter(({rest}) => rest === '');
  const bare = eligible.filter(({rest}) => rest === '');
  const chosen = bare.length === 1 ? bare : eligible;
  if (chosen.length > 1) return severalTrains(chosen, question);
  const [train] = chosen;
  if (train === undefined) return withoutTraining(children, candidates, question);
  const partners = others.filter(other => belong(train, other) || other.rest === '' || sharesClasses(train.folder, other.folder));
  const found = look(train.folder, {...question, part: 'train'});
  switch (found.kind) {
    case 'classes':
      if (found.folder.direct > 0 && filled(found.folder).length < 2) return unlabeled(children, train, partners);
      return partners.length === 0
        ? alone(folder, children, train, found.folder, question)
        : together(children, train, found, partners, question);
    case 'splits': {
      const problem = `${within(train.folder, question)} in ${question.root} holds folders of a split itself.`;
      const options = optionsFor(question.root, {data: within(train.folder, question)});
      return {kind: 'unclear', problem, readings: [{meaning: 'only what is in it', options}]};
    }
    case 'unclear':
      return found;
    default:
      return unlabeled(children, train, partners);
  }
}

/** Images for training without class folders; undefined where the name is a class's. */
function unlabeled(children: readonly Folder[], train: Candidate, partners: readonly Candidate[]): Found | undefined {
  if (train.rest === '' && partners.length + 1 < children.length) return undefined;
  return {
    kind: 'unlabeled',
    problem: `${listed([train, ...partners].map(one => one.folder))} hold images and no class folders.`,
    ...flatParts(train, partners),
  };
}

const flatParts = (train: Candidate, partners: readonly Candidate[]): {parts: Parts} => ({
  parts: {train: train.folder, ...Object.fromEntries(partners.map(({part, folder}) => [part, folder]))},
});

/** `seg_train` and `test`: names that do not belong together, of folders that hold the same. */
function sharesClasses(a: Folder, b: Folder): boolean {
  const names = new Set(namesOf(filled(a)));
  const shared = filled(b).filter(({name}) => names.has(name)).length;
  return shared > 1 && 2 * shared >= names.size;
}

/** Folders `train` among others that are no parts: a class, or the only part of a split. */
function alone(folder: Folder, children: readonly Folder[], train: Candidate, classes: Folder, question: Question): Found | undefined {
  const {root} = question;
  const [found, others] = [namesOf(filled(classes)), children.filter(child => child !== train.folder)];
  if (found.length < 2) return undefined;
  const readings: Reading[] = [
    {meaning: `the classes are ${found.slice(0, 3).join(', ')}`, options: optionsFor(root, {data: within(classes, question)})},
    {meaning: `${train.folder.name} is a class`, options: optionsForClasses(root, within(folder, question), namesOf(children))},
  ];
  return {
    kind: 'unclear',
    problem: `${train.folder.prefix} may be the images for training beside ${listed(others)}, or a class.`,
    readings,
  };
}

/** Folders of which none is for training. */
function withoutTraining(children: readonly Folder[], candidates: readonly Candidate[], question: Question): Found | undefined {
  const areOneSplit = candidates.length === children.length && new Set(candidates.map(({rest}) => rest)).size === 1;
  if (!areOneSplit || new Set(candidates.map(({part}) => part)).size < 2) return undefined;
  const problem = `${question.root} has ${listed(children)} and no folder for training.`;
  const usable = children.filter(child => look(child, {...question, part: 'test'}).kind === 'classes');
  if (usable.length === 0) return {kind: 'unlabeled', problem};
  const readings = usable.map(child => ({
    meaning: `the images of ${child.name}`,
    options: optionsFor(question.root, {data: prefixWithin(child, question)}),
  }));
  return {kind: 'unclear', problem, readings};
}

function severalTrains(trains: readonly Candidate[], question: Question): Found {
  const folders = trains.map(({folder}) => folder);
  const usable = folders.filter(folder => look(folder, {...question, part: 'train'}).kind === 'classes');
  const problem = `${question.root} has several folders for training: ${listed(folders)}.`;
  if (usable.length === 0) return {kind: 'unlabeled', problem: `${problem} They hold images and no class folders.`};
  const readings = usable.map(folder => ({
    meaning: `train on ${folder.name}`,
    options: optionsFor(question.root, {data: prefixWithin(folder, question)}),
  }));
  return {kind: 'unclear', problem, readings};
}

/** Where the classes of a folder are, relative to the root; the folder itself where that is not to be told. */
function prefixWithin(folder: Folder, question: Question): string {
  const found = look(folder, {...question, part: 'train'});
  return within(found.kind === 'classes' ? found.folder : folder, question);
}

/** Training with what belongs to it. */
function together(
  children: readonly Folder[],
  train: Candidate,
  found: Found & {kind: 'classes'},
  partners: readonly Candidate[],
  question: Question,
): Found {
  const known = new Set(namesOf(filled(found.folder)).map(name => name.normalize('NFC')));
  const measured = partners.flatMap(({part, folder}) => {
    const classes = part === 'unlabeled' ? undefined : look(folder, {...question, known, part});
    return classes?.kind === 'classes' && part !== 'unlabeled' && part !== 'train' ? [{part, folder, classes: classes.folder}] : [];
  });
  const [validations, tests] = (['validation', 'test'] as const).map(part => measured.filter(one => one.part === part));
  const twice = [validations!, tests!].find(({length}) => length > 1);
  if (twice !== undefined) {
    const readings = twice.map(({part, folder, classes}) => ({
      meaning: `${folder.name} for ${part}`,
      options: optionsFor(question.root, {
        data: within(found.folder, question),
        [PART_OPTIONS[part]]: within(classes, question),
      }),
    }));
    return {
      kind: 'unclear',
      problem: `${question.root} has several folders for ${twice[0]!.part}: ${listed(twice.map(({folder}) => folder))}.`,
      readings,
    };
  }
  const [validation, test] = [validations![0], tests![0]];
  const used = new Set([train.folder, ...measured.map(({folder}) => folder)]);
  const parts = {train: found.folder, ...(validation && {validation: validation.classes}), ...(test && {test: test.classes})};
  const unused = children.filter(child => !used.has(child)).map(child => unusedFolder(child));
  return {
    kind: 'splits',
    parts,
    unused: [...found.unused, ...unused],
    reasons: [
      ...reasonsFor([{part: 'train', folder: train.folder, classes: parts.train}, ...measured], question),
      ...found.reasons.filter(reason => !reason.startsWith('all images')),
    ],
  };
}

function unusedFolder(folder: Folder): UnusedFolder {
  const isFlat = splitNameOf(folder.name) !== undefined && (folder.direct > 0 || filled(folder).every(({direct}) => direct > 0));
  const reason = isFlat
    ? `${folder.name} has no class folders: its images are unlabeled`
    : `${folder.name} is neither for training, validation nor test`;
  return {prefix: folder.prefix, reason};
}

/** What is not plain from names that everybody uses. */
function reasonsFor(all: readonly {part: Part; folder: Folder; classes: Folder}[], question: Question): string[] {
  const isPlain = all.every(({folder, classes}) => within(classes, question) === `${folder.name}/` && PLAIN.test(folder.name));
  if (isPlain) return [];
  const purposes = {train: 'training', validation: 'validation', test: 'test'};
  return [all.map(({part, classes}) => `${within(classes, question)} is for ${purposes[part]}`).join(', ')];
}

const PLAIN = /^(?:train|training|val|valid|validation|test|testing)$/i;
