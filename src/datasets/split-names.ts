export type Part = 'train' | 'validation' | 'test';

/** Words that say which part of a split something is for. */
const WORDS: Readonly<Record<Part | 'unlabeled', readonly string[]>> = {
  train: ['train', 'training', 'trn', 'trainval'],
  validation: ['val', 'valid', 'validation', 'validate', 'dev', 'development', 'eval', 'evaluation', 'evaluate'],
  test: ['test', 'testing', 'tst', 'holdout'],
  unlabeled: ['pred', 'predict', 'prediction', 'predictions', 'unlabeled', 'unlabelled', 'unlabel', 'inference', 'unsup', 'submission'],
};

/** Words beside them that say nothing more: `train_images`, `01-train`, `test set`. */
const EMPTY = ['image', 'images', 'img', 'imgs', 'picture', 'pictures', 'photo', 'photos', 'set', 'sets', 'data', 'dataset', 'datas'];
const EMPTY_WORDS: ReadonlySet<string> = new Set([
  ...EMPTY,
  'folder',
  'dir',
  'files',
  'split',
  'part',
  'subset',
  'samples',
  'x',
  'jpg',
  'jpeg',
  'png',
  'resized',
  'cropped',
  'v',
]);

const BY_WORD: ReadonlyMap<string, Part | 'unlabeled'> = new Map(
  Object.entries(WORDS).flatMap(([part, words]) =>
    words.flatMap(word => ['', ...EMPTY].map(end => [word + end, part as Part | 'unlabeled'] as const)),
  ),
);

/** `seg_train` is for training and belongs to `seg`; of `train` and `train_images` nothing else is left. */
export interface SplitName {
  readonly part: Part | 'unlabeled';
  /** The other words, in lower case. */
  readonly rest: string;
}

const wordsOf = (name: string): string[] =>
  name
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .replace(/hold[\s_.-]?out/, 'holdout')
    .split(/[^\p{L}]+/u)
    .filter(word => word !== '' && !EMPTY_WORDS.has(word));

/** What a folder's name says of a split; undefined where it says nothing, or two things. */
export function splitNameOf(folder: string): SplitName | undefined {
  const words = wordsOf(folder);
  const parts = new Set(words.flatMap(word => BY_WORD.get(word) ?? []));
  const [part] = parts;
  if (part === undefined || parts.size > 1) return undefined;
  return {part, rest: words.filter(word => !BY_WORD.has(word)).join(' ')};
}

/** The part of a split that a word or a folder is named after, and after nothing else. */
export function partNamed(name: string): Part | undefined {
  const found = splitNameOf(name);
  return found === undefined || found.rest !== '' || found.part === 'unlabeled' ? undefined : found.part;
}

/** Folders that say what kind of files they hold, and not what the images show. */
const CONTAINERS = /^(?:\d+\s)?(?:images?|imgs?|pictures?|photos?|jpe?gimages|jpe?gs?|pngs?|input|inputs|frames|raw)$/i;
const LABELS =
  /^(?:(?:bounding[\s_-]?)?boxes|labels?|masks?|annotations?|annots?|segmentations?(?:class|object|masks?)?|gt|ground[\s_-]?truth|depth|labeltxt)$/i;

export const isContainer = (name: string): boolean => CONTAINERS.test(name);
/** Masks and boxes, which are images or text. */
export const holdsLabels = (name: string): boolean => LABELS.test(name);
