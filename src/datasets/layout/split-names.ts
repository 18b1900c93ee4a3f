export type SplitName = 'train' | 'validation' | 'test';

/** Words that name a split. */
const SPLIT_WORDS: Readonly<Record<SplitName | 'unlabeled', readonly string[]>> = {
  train: ['train', 'training', 'trn', 'trainval'],
  validation: [
    'val',
    'valid',
    'validation',
    'validate',
    'dev',
    'development',
    'eval',
    'evaluation',
    'evaluate',
  ],
  test: ['test', 'testing', 'tst', 'holdout'],
  unlabeled: [
    'pred',
    'predict',
    'prediction',
    'predictions',
    'unlabeled',
    'unlabelled',
    'unlabel',
    'inference',
    'unsup',
    'submission',
  ],
};

/** Words next to a split word that have no meaning: `train_images`, `01-train`, `test set`. */
const FILLER_SUFFIXES = [
  'image',
  'images',
  'img',
  'imgs',
  'picture',
  'pictures',
  'photo',
  'photos',
  'set',
  'sets',
  'data',
  'dataset',
  'datas',
];
const FILLER_WORDS: ReadonlySet<string> = new Set([
  ...FILLER_SUFFIXES,
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

const SPLIT_BY_WORD: ReadonlyMap<string, SplitName | 'unlabeled'> = new Map(
  Object.entries(SPLIT_WORDS).flatMap(([split, words]) =>
    words.flatMap(word =>
      ['', ...FILLER_SUFFIXES].map(
        suffix => [word + suffix, split as SplitName | 'unlabeled'] as const,
      ),
    ),
  ),
);

/** A parsed split name. `seg_train` is for training and has the rest `seg`; the rest of `train` and `train_images` is empty. */
export interface ParsedSplitName {
  readonly split: SplitName | 'unlabeled';
  /** The remaining words, in lower case. */
  readonly rest: string;
}

const parseWords = (name: string): string[] =>
  name
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .replace(/hold[\s_.-]?out/, 'holdout')
    .split(/[^\p{L}]+/u)
    .filter(word => word !== '' && !FILLER_WORDS.has(word));

/** Parses a folder name as the name of a split; undefined if it names none, or two. */
export function parseSplitName(folder: string): ParsedSplitName | undefined {
  const words = parseWords(folder);
  const splits = new Set(words.flatMap(word => SPLIT_BY_WORD.get(word) ?? []));
  const [split] = splits;
  if (split === undefined || splits.size > 1) return undefined;
  return {split, rest: words.filter(word => !SPLIT_BY_WORD.has(word)).join(' ')};
}

/** The split that a word or folder name means, if there are no other words. */
export function parseSplit(name: string): SplitName | undefined {
  const found = parseSplitName(name);
  return found === undefined || found.rest !== '' || found.split === 'unlabeled'
    ? undefined
    : found.split;
}

/** Folder names that describe the kind of files, not what the images show. */
const CONTAINER_FOLDER =
  /^(?:\d+\s)?(?:images?|imgs?|pictures?|photos?|jpe?gimages|jpe?gs?|pngs?|input|inputs|frames|raw)$/i;
const LABEL_FOLDER =
  /^(?:(?:bounding[\s_-]?)?boxes|labels?|masks?|annotations?|annots?|segmentations?(?:class|object|masks?)?|gt|ground[\s_-]?truth|depth|labeltxt)$/i;

export const isContainer = (name: string): boolean => CONTAINER_FOLDER.test(name);
/** Whether a folder name means annotations such as masks and boxes, which are images or text. */
export const isLabelFolder = (name: string): boolean => LABEL_FOLDER.test(name);
