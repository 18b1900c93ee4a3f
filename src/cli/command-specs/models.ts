import {EXPORT_FORMATS} from '../../export/formats/exporters.js';
import type {CommandSpec} from '../command.js';
import {OUTPUT_FORMATS} from '../commands/predict/output-format.js';
import {INFERENCE_OPTIONS} from '../inference-options.js';
import {pickOptions} from '../options/command-options.js';
import {EXPORT_OPTIONS} from '../options/feature-options.js';
import {
  BACKEND_OPTION_NAMES,
  DATASET_OPTION_NAMES,
  OUTPUT_OPTION_NAMES,
  PATH_SCHEMA,
} from './option-groups.js';

/** Commands that use or write exported models. */
export const MODEL_COMMANDS = {
  evaluate: {
    usage: 'evaluate [model..]',
    description: 'Evaluate exported models, and their ensemble, on a folder of images',
    options: {
      ...pickOptions(
        'data',
        ...BACKEND_OPTION_NAMES,
        ...DATASET_OPTION_NAMES,
        'maxPerClass',
        'seed',
      ),
      ...pickOptions('assertAccuracy', ...OUTPUT_OPTION_NAMES),
      ...INFERENCE_OPTIONS,
      unknown: {
        schema: PATH_SCHEMA,
        help: 'folder of images that belong to none of the classes, to measure how well they are rejected',
        example: 'other-images',
        isPath: true,
      },
      setUnknownThreshold: {
        schema: {
          type: ['number', 'string'],
          minimum: 0.5,
          exclusiveMaximum: 1,
          pattern: '^(balanced)?$',
          examples: [0.95, 'balanced'],
        },
        help: 'with --unknown: choose the threshold of unknown images, and write it into the model; the fraction of known images to keep, 0.95 without a value, or balanced (keeps and rejects most)',
        example: 0.95,
        isValueOptional: true,
      },
    },
    positionals: {
      model: 'runs or exported models [default: the newest run]; then the folder, without --data',
    },
    examples: [
      ['$0 evaluate runs/pets-resnet50 --data more-pets', 'classes are matched by name'],
      ['$0 evaluate runs/a runs/b runs/c --data more-pets', 'each of them, and their ensemble'],
      [
        '$0 evaluate runs/pets-resnet50 --data more-pets --unknown others --set-unknown-threshold',
        'choose what is unknown',
      ],
    ],
    load: async () => (await import('../commands/evaluate/evaluate.js')).evaluateCommand,
  },
  predict: {
    usage: 'predict [model] [image..]',
    description: 'Classify images: files, folders or patterns',
    options: {
      ...pickOptions(...BACKEND_OPTION_NAMES, 'exclude', 'followLinks', ...OUTPUT_OPTION_NAMES),
      ...INFERENCE_OPTIONS,
      top: {
        schema: {type: 'integer', minimum: 1},
        help: 'how many classes to name for each image',
        default: 1,
      },
      format: {
        schema: {enum: OUTPUT_FORMATS},
        help: 'text, csv, or jsonl (a JSON document per line)',
        default: 'text',
      },
      sort: {
        schema: PATH_SCHEMA,
        help: 'folder to copy the images into, one folder per class and one for unknown images',
        example: 'sorted',
        isPath: true,
      },
      explain: {
        schema: PATH_SCHEMA,
        help: 'folder to write the images into, each with the activation map of its class over it',
        example: 'maps',
        isPath: true,
      },
      watch: {
        schema: PATH_SCHEMA,
        help: 'folder to watch: images that arrive in it are classified until Ctrl-C',
        example: 'incoming',
        isPath: true,
      },
    },
    isServer: values => values.watch !== undefined,
    positionals: {
      model: 'a run, or the exported model in it, or several of them [default: the newest run]',
    },
    examples: [
      ["$0 predict runs/pets-resnet50 'new/*.jpg' --top 3", 'three guesses an image'],
      ['$0 predict new', 'by the model of the newest run'],
      ['$0 predict runs/a runs/b new', 'by several models: the mean of their probabilities'],
      ['$0 predict runs/pets-resnet50 - < cat.jpg', 'an image from standard input'],
      ['$0 predict new --sort sorted', 'copies of the images in a folder per class'],
      ['$0 predict new --explain maps', 'the images again, with where the network looks'],
      ['$0 predict --watch incoming --format jsonl', 'a line for each image that arrives'],
    ],
    load: async () => (await import('../commands/predict/predict.js')).predictCommand,
  },
  try: {
    usage: 'try [model]',
    description: 'Serve a web page that classifies with a model, on this machine only',
    options: {
      port: {
        schema: {type: 'integer', minimum: 0, maximum: 65_535},
        help: 'port of the page; 0 is any free one',
        default: 0,
      },
      open: {
        schema: {type: 'boolean'},
        help: 'open the page in the browser',
        default: false,
      },
      ...pickOptions(...OUTPUT_OPTION_NAMES),
    },
    isServer: () => true,
    positionals: {
      model: 'a run, or the exported model or ensemble in it [default: the newest run]',
    },
    examples: [
      ['$0 try runs/pets-resnet50', 'drop images on the page, or use the camera'],
      ['$0 try --open', 'the newest run, in the browser at once'],
    ],
    load: async () => (await import('../commands/try/try.js')).tryCommand,
  },
  export: {
    usage: 'export [run]',
    description: `Export the model of a run again (${EXPORT_FORMATS.join(', ')}); its images are not needed`,
    options: {
      ...pickOptions('backend', 'device', 'offline', ...OUTPUT_OPTION_NAMES),
      ...EXPORT_OPTIONS,
    },
    examples: [
      ['$0 export runs/pets-resnet50', 'after an export that failed, or with the model lost'],
      ['$0 export runs/pets-resnet50 --features c2,c3,c4,c5', 'a backbone for a detector'],
      ['$0 export --features c4,c5 --arch resnet18', 'the same of published weights'],
    ],
    positionals: {run: 'a run; with --features also an exported model, or nothing'},
    load: async () => (await import('../commands/export.js')).exportCommand,
  },
  models: {
    usage: 'models',
    description: 'Architectures and weights, and where each file would come from',
    options: pickOptions(...OUTPUT_OPTION_NAMES),
    load: async () => (await import('../commands/models.js')).modelsCommand,
  },
} as const satisfies Record<string, CommandSpec>;
