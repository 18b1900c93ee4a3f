import {EXPORT_FORMATS} from '../export/formats/exporters.js';
import type {CommandSpec} from './command.js';
import {INFERENCE_OPTIONS} from './inference-options.js';
import {readDemoDefaults} from './options/recipe-file.js';
import {STUDY_OPTIONS, STUDY_POSITIONALS} from './commands/study/study-options.js';
import {EXPORT_OPTIONS, FEATURE_VECTOR_OPTIONS} from './options/feature-options.js';
import {withDefaults, withHelp, pickOptions, omitOptions} from './options/command-options.js';

export type {CommandSpec};

const PATH = {type: 'string', minLength: 1} as const;

const BACKEND_OPTIONS = ['backend', 'device', 'workers', 'offline'];
/** Options for reading a folder or a list of images. */
const DATASET_OPTIONS = ['classes', 'exclude', 'pathColumn', 'labelColumn', 'followLinks'];
const OUTPUT_OPTIONS = ['json', 'quiet', 'verbose'];

export const COMMANDS = {
  train: {
    usage: 'train [dir]',
    description: 'Fine-tune a pretrained ResNet on a folder of images',
    options: omitOptions(),
    examples: [
      ['$0 pets', 'with recommended values'],
      ['$0 pets --arch resnet18 --freeze probe', 'the fastest first result'],
      ['$0 pets --recipe my.jsonc --json', 'for scripts'],
    ],
    load: async () => (await import('./commands/train.js')).trainCommand,
  },
  check: {
    usage: 'check <dir>',
    description: 'Check a dataset for problems',
    options: {
      ...pickOptions(
        'valData',
        'testData',
        ...DATASET_OPTIONS,
        'maxPerClass',
        'seed',
        'workers',
        ...OUTPUT_OPTIONS,
      ),
      html: {
        schema: PATH,
        help: 'write a page that shows what was found',
        example: 'check.html',
        isPath: true,
      },
      writeExclude: {
        schema: PATH,
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
    load: async () => (await import('./commands/check.js')).checkCommand,
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
        ...DATASET_OPTIONS,
        'recipe',
        ...OUTPUT_OPTIONS,
      ),
      ...withHelp('overwrite', 'replace the sheet if it exists'),
      out: {
        schema: PATH,
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
    load: async () => (await import('./commands/preview.js')).previewCommand,
  },
  evaluate: {
    usage: 'evaluate [model..]',
    description: 'Evaluate exported models, and their ensemble, on a folder of images',
    options: {
      ...pickOptions('data', ...BACKEND_OPTIONS, ...DATASET_OPTIONS, 'maxPerClass', 'seed'),
      ...pickOptions('assertAccuracy', ...OUTPUT_OPTIONS),
      ...INFERENCE_OPTIONS,
    },
    positionals: {
      model: 'runs or exported models [default: the newest run]; then the folder, without --data',
    },
    examples: [
      ['$0 evaluate runs/pets-resnet50 --data more-pets', 'classes are matched by name'],
      ['$0 evaluate runs/a runs/b runs/c --data more-pets', 'each of them, and their ensemble'],
    ],
    load: async () => (await import('./commands/evaluate/evaluate.js')).evaluateCommand,
  },
  predict: {
    usage: 'predict [model] [image..]',
    description: 'Classify images: files, folders or patterns',
    options: {
      ...pickOptions(...BACKEND_OPTIONS, 'exclude', 'followLinks', ...OUTPUT_OPTIONS),
      ...INFERENCE_OPTIONS,
      top: {
        schema: {type: 'integer', minimum: 1},
        help: 'how many classes to name for each image',
        default: 1,
      },
    },
    positionals: {
      model: 'a run, or the exported model in it, or several of them [default: the newest run]',
    },
    examples: [
      ["$0 predict runs/pets-resnet50 'new/*.jpg' --top 3", 'three guesses an image'],
      ['$0 predict new', 'by the model of the newest run'],
      ['$0 predict runs/a runs/b new', 'by several models: the mean of their probabilities'],
      ['$0 predict runs/pets-resnet50 - < cat.jpg', 'an image from standard input'],
    ],
    load: async () => (await import('./commands/predict/predict.js')).predictCommand,
  },
  export: {
    usage: 'export [run]',
    description: `Export the model of a run again (${EXPORT_FORMATS.join(', ')}); its images are not needed`,
    options: {
      ...pickOptions('backend', 'device', 'offline', ...OUTPUT_OPTIONS),
      ...EXPORT_OPTIONS,
    },
    examples: [
      ['$0 export runs/pets-resnet50', 'after an export that failed, or with the model lost'],
      ['$0 export runs/pets-resnet50 --features c2,c3,c4,c5', 'a backbone for a detector'],
      ['$0 export --features c4,c5 --arch resnet18', 'the same of published weights'],
    ],
    positionals: {run: 'a run; with --features also an exported model, or nothing'},
    load: async () => (await import('./commands/export.js')).exportCommand,
  },
  features: {
    usage: 'features <dir>',
    description: 'Write a feature vector per image (NumPy, CSV)',
    options: {
      ...pickOptions(...BACKEND_OPTIONS, ...DATASET_OPTIONS, 'maxPerClass', 'seed'),
      ...pickOptions(...OUTPUT_OPTIONS),
      ...FEATURE_VECTOR_OPTIONS,
    },
    examples: [
      ['$0 features pets --model runs/pets-resnet50', 'by the backbone of a run'],
      ['$0 features pets --arch resnet18 --out pets.csv', 'by published weights, with names'],
    ],
    load: async () => (await import('./commands/features.js')).featuresCommand,
  },
  report: {
    usage: 'report <run>',
    description: 'Write the report of a run again; its images are not needed',
    options: pickOptions(...OUTPUT_OPTIONS),
    load: async () => (await import('./commands/export.js')).reportCommand,
  },
  study: {
    usage: 'study <study> [dir]',
    description:
      'Train networks by one recipe and compare them: degradation, shortcuts, preactivation',
    options: STUDY_OPTIONS,
    positionals: STUDY_POSITIONALS,
    examples: [
      ['$0 study degradation cifar10 --val-data cifar10-test', 'plain against residual networks'],
    ],
    load: async () => (await import('./commands/study/study.js')).studyCommand,
  },
  models: {
    usage: 'models',
    description: 'Architectures and weights, and where each file would come from',
    options: pickOptions(...OUTPUT_OPTIONS),
    load: async () => (await import('./commands/models.js')).modelsCommand,
  },
  backend: {
    usage: 'backend [task]',
    description: 'Show the backend and benchmark it; backend install installs TensorFlow',
    options: {
      ...pickOptions('backend', 'device', 'offline', ...OUTPUT_OPTIONS),
      from: {
        schema: PATH,
        help: 'with install: a wheel, or a folder of wheels, instead of a download',
        example: 'wheels',
        isPath: true,
      },
    },
    examples: [['$0 backend install --from wheels/', 'on a machine without a network']],
    load: async () => (await import('./commands/backend.js')).backendCommand,
  },
  init: {
    usage: 'init [file]',
    description: 'Write a recipe file with every option explained',
    options: {
      ...withHelp('overwrite', 'replace the recipe file if it exists'),
      ...pickOptions(...OUTPUT_OPTIONS),
    },
    positionals: {file: 'recipe file to write [default: recipe.jsonc]'},
    load: async () => (await import('./commands/init.js')).initCommand,
  },
  schema: {
    usage: 'schema [document]',
    description: 'Print the JSON Schema of recipe files, or of what check --json prints',
    options: pickOptions(...OUTPUT_OPTIONS),
    load: async () => (await import('./commands/schema.js')).schemaCommand,
  },
  demo: {
    usage: 'demo [dir]',
    description: 'Draw a small dataset and fine-tune on it: nothing else is needed',
    options: withDefaults(
      omitOptions(
        'data',
        'valData',
        'testData',
        ...DATASET_OPTIONS,
        'folds',
        'fold',
        'ensemble',
        'recipe',
        'resume',
      ),
      readDemoDefaults(),
    ),
    positionals: {dir: 'folder to draw into [default: finetune-demo]'},
    load: async () => (await import('./commands/demo.js')).demoCommand,
  },
} as const satisfies Record<string, CommandSpec>;

export type CommandName = keyof typeof COMMANDS;
export const COMMAND_NAMES = Object.keys(COMMANDS) as CommandName[];
