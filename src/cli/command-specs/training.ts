import type {CommandSpec} from '../command.js';
import {STUDY_OPTIONS, STUDY_POSITIONALS} from '../commands/study/study-options.js';
import {omitOptions, pickOptions, withDefaults} from '../options/command-options.js';
import {readDemoDefaults} from '../options/recipe-file.js';
import {DATASET_OPTION_NAMES, OUTPUT_OPTION_NAMES, PATH_SCHEMA} from './option-groups.js';

/** Commands that train a network. */
export const TRAINING_COMMANDS = {
  train: {
    usage: 'train [dir]',
    description: 'Fine-tune a pretrained ResNet on a folder of images',
    options: omitOptions(),
    isDirData: true,
    examples: [
      ['$0 pets', 'with recommended values'],
      ['$0 pets --arch resnet18 --freeze probe', 'the fastest first result'],
      ['$0 pets --recipe my.jsonc --json', 'for scripts'],
    ],
    load: async () => (await import('../commands/train.js')).trainCommand,
  },
  demo: {
    usage: 'demo [dir]',
    description: 'Fine-tune on drawn images, next to training from scratch: nothing else is needed',
    options: withDefaults(
      omitOptions(
        'valData',
        'testData',
        ...DATASET_OPTION_NAMES,
        'folds',
        'fold',
        'ensemble',
        'recipe',
        'resume',
      ),
      readDemoDefaults(),
    ),
    positionals: {dir: 'folder to draw into [default: finetune-demo]'},
    examples: [
      ['$0 demo', 'on drawn images'],
      ['$0 demo --data pets', 'on images of your own'],
    ],
    load: async () => (await import('../commands/demo.js')).demoCommand,
  },
} as const satisfies Record<string, CommandSpec>;

/** Commands about several runs, and about one that has ended. */
export const RUN_COMMANDS = {
  study: {
    usage: 'study <study> [dir]',
    description:
      'Train networks by one recipe and compare them: degradation, shortcuts, preactivation',
    options: STUDY_OPTIONS,
    isDirData: true,
    positionals: STUDY_POSITIONALS,
    examples: [
      ['$0 study degradation cifar10 --val-data cifar10-test', 'plain against residual networks'],
    ],
    load: async () => (await import('../commands/study/study.js')).studyCommand,
  },
  report: {
    usage: 'report <run>',
    description: 'Write the report of a run again; its images are not needed',
    options: pickOptions(...OUTPUT_OPTION_NAMES),
    load: async () => (await import('../commands/export.js')).reportCommand,
  },
  compare: {
    usage: 'compare [run..]',
    description: 'Compare runs: metrics, paired tests, settings, and images they disagree on',
    options: {
      html: {
        schema: PATH_SCHEMA,
        help: 'write a page with curves, classes and the images on which the runs disagree',
        example: 'comparison.html',
        isPath: true,
      },
      ...pickOptions(...OUTPUT_OPTION_NAMES),
    },
    positionals: {run: 'directories of two runs or more; their images are not needed'},
    examples: [
      ['$0 compare runs/a runs/b', 'a table, tests, settings'],
      ['$0 compare runs/pets-* --html page.html', 'and a page'],
    ],
    load: async () => (await import('../commands/comparison/compare-runs.js')).compareRunsCommand,
  },
} as const satisfies Record<string, CommandSpec>;
