import type {OptionRow} from './option.js';

const NAME = {type: 'string', minLength: 1} as const;
const FRACTION = {type: 'number', minimum: 0, exclusiveMaximum: 1} as const;

/** Options that select images and split them. */
export const DATA_OPTIONS = {
  data: {
    scope: 'run',
    schema: NAME,
    help: 'folder with one sub-folder a class, or a list of images (.csv, .tsv, .jsonl)',
    example: 'pets',
    isPath: true,
  },
  valData: {
    scope: 'run',
    schema: NAME,
    help: 'validation images from elsewhere: a folder or a list',
    example: 'pets-val',
    isPath: true,
  },
  testData: {
    scope: 'run',
    schema: NAME,
    help: 'test images from elsewhere: a folder or a list',
    example: 'pets-test',
    isPath: true,
  },
  valSplit: {
    scope: 'recipe',
    schema: FRACTION,
    help: 'fraction of the images for validation',
    default: 0.2,
    isCommon: true,
  },
  testSplit: {
    scope: 'recipe',
    schema: FRACTION,
    help: 'fraction of the images for testing',
    default: 0,
  },
  groupBy: {
    scope: 'recipe',
    schema: NAME,
    help: "keep images in one split by: exact-duplicates, near-duplicates, folder:DEPTH, or a pattern of names such as '(patient\\d+)_'",
    default: 'near-duplicates',
  },
  folds: {
    scope: 'run',
    schema: {type: 'integer', minimum: 2, maximum: 100},
    help: 'number of cross-validation folds, one run each',
    example: 5,
  },
  /** `2/5` */
  fold: {
    scope: 'recipe',
    schema: {type: 'string', pattern: '^[1-9]\\d*/[1-9]\\d*$', examples: ['1/5', '2/5']},
    help: 'train one fold of a cross-validation, counted from 1: 2/5',
    example: '1/5',
  },
  splitFile: {
    scope: 'recipe',
    schema: NAME,
    help: 'a split.json to use again',
    example: 'runs/pets/split.json',
    isPath: true,
  },
  classes: {
    scope: 'run',
    schema: NAME,
    help: 'use only these classes: a,b,c',
    example: 'cat,dog',
  },
  exclude: {
    scope: 'run',
    schema: NAME,
    help: 'a list of files to exclude, one name a line (check --write-exclude)',
    example: 'exclude.txt',
    isPath: true,
  },
  maxPerClass: {
    scope: 'run',
    schema: {type: 'integer', minimum: 1},
    help: 'use at most this many images a class',
    example: 20,
  },
  pathColumn: {
    scope: 'run',
    schema: NAME,
    help: 'column of a list with the paths: its name, or its number from 1',
    example: 'image',
  },
  labelColumn: {
    scope: 'run',
    schema: NAME,
    help: 'column of a list with the labels: its name, or its number from 1',
    example: 'label',
  },
  followLinks: {
    scope: 'run',
    schema: {type: 'boolean'},
    help: 'read images that links lead to outside the data folder, too',
    default: false,
  },
} as const satisfies Readonly<Record<string, OptionRow>>;
