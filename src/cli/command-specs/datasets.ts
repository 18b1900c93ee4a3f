import type {CommandSpec} from '../command.js';
import {pickOptions, withHelp} from '../options/command-options.js';
import {FEATURE_VECTOR_OPTIONS} from '../options/feature-options.js';
import {
  BACKEND_OPTION_NAMES,
  DATASET_OPTION_NAMES,
  OUTPUT_OPTION_NAMES,
  PATH_SCHEMA,
} from './option-groups.js';

/** Commands that read a folder of images without training. */
export const DATASET_COMMANDS = {
  check: {
    usage: 'check <dir>',
    description: 'Check a dataset for problems',
    options: {
      ...pickOptions(
        'valData',
        'testData',
        ...DATASET_OPTION_NAMES,
        'maxPerClass',
        'seed',
        'workers',
        ...OUTPUT_OPTION_NAMES,
      ),
      html: {
        schema: PATH_SCHEMA,
        help: 'write a page that shows what was found',
        example: 'check.html',
        isPath: true,
      },
      writeExclude: {
        schema: PATH_SCHEMA,
        help: 'write a list of files to exclude, for --exclude',
        example: 'exclude.txt',
        isPath: true,
      },
      cache: {
        schema: {type: 'boolean'},
        help: 'inspect only files that have changed since the last check',
        default: true,
      },
    },
    examples: [
      ['$0 check pets', 'what is wrong with a folder'],
      ['$0 check pets --write-exclude exclude.txt', 'list the files to exclude'],
      ['$0 pets --exclude exclude.txt', 'train without them'],
    ],
    load: async () => (await import('../commands/check.js')).checkCommand,
  },
  preview: {
    usage: 'preview <dir>',
    description: 'Draw a sheet of images as training would see them',
    options: {
      ...pickOptions(
        'augment',
        'fit',
        'imageSize',
        'seed',
        ...DATASET_OPTION_NAMES,
        'recipe',
        ...OUTPUT_OPTION_NAMES,
      ),
      ...withHelp('overwrite', 'replace the sheet if it exists'),
      out: {
        schema: PATH_SCHEMA,
        help: 'the sheet, by its extension a JPEG, PNG or WebP',
        defaultText: 'preview.jpg, or -2, -3 ... where there is one',
        example: 'sheet.png',
        isPath: true,
      },
      images: {
        schema: {type: 'integer', minimum: 1, maximum: 100},
        help: 'rows of the sheet',
        default: 8,
      },
      columns: {
        schema: {type: 'integer', minimum: 1, maximum: 30},
        help: 'columns next to the unaugmented image',
        default: 6,
      },
    },
    examples: [['$0 preview pets --augment strong', 'see augmented images before training']],
    load: async () => (await import('../commands/preview.js')).previewCommand,
  },
  features: {
    usage: 'features <dir>',
    description: 'Write a feature vector per image (NumPy, CSV)',
    options: {
      ...pickOptions(...BACKEND_OPTION_NAMES, ...DATASET_OPTION_NAMES, 'maxPerClass', 'seed'),
      ...pickOptions(...OUTPUT_OPTION_NAMES),
      ...FEATURE_VECTOR_OPTIONS,
    },
    examples: [
      ['$0 features pets --model runs/pets-resnet50', 'by the backbone of a run'],
      ['$0 features pets --arch resnet18 --out pets.csv', 'by published weights, with names'],
    ],
    load: async () => (await import('../commands/features.js')).featuresCommand,
  },
} as const satisfies Record<string, CommandSpec>;
