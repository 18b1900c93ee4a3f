import type {Action} from './action.js';
import {demoDefaults} from './demo-recipe.js';
import {defaulting, described, only, without, type OptionProperties} from './option-schema.js';

export interface CommandSpec {
  /** As yargs writes a command: `check <dir>`. */
  readonly usage: string;
  readonly description: string;
  /** What stands in the place of an argument, where it is something else than in other commands. */
  readonly places?: Readonly<Record<string, string>>;
  readonly options: OptionProperties;
  readonly examples?: readonly (readonly [command: string, meaning: string])[];
  /** Imports the action when it is asked for: what it stands on takes seconds to load. */
  readonly load: () => Promise<Action>;
}

const WHERE = ['engine', 'device', 'workers', 'offline'];
/** How a folder or a list of images is read. */
const READING = ['classes', 'exclude', 'pathColumn', 'labelColumn', 'followLinks'];
const SAYING = ['json', 'quiet', 'verbose'];

export const COMMANDS = {
  train: {
    usage: 'train [dir]',
    description: 'Fine-tune a pretrained ResNet on a folder of images',
    options: without(),
    examples: [
      ['$0 pets', 'everything chosen from the images'],
      ['$0 pets --arch resnet18 --freeze probe', 'the quickest look at what is possible'],
      ['$0 pets --recipe my.jsonc --json', 'for scripts'],
    ],
    load: async () => (await import('./commands/train.js')).train,
  },
  check: {
    usage: 'check <dir>',
    description: 'Look at a dataset before spending any time on it',
    options: {
      ...only('valData', 'testData', ...READING, 'limit', 'seed', 'workers', ...SAYING),
      html: {type: 'string', minLength: 1, description: 'write a page that shows what was found'},
      fixList: {type: 'string', minLength: 1, description: 'write a list of files to leave out, for --exclude'},
      cache: {type: 'boolean', default: true, description: 'look only at files that have changed since the last check'},
    },
    examples: [
      ['$0 check pets', 'what is wrong with a folder'],
      ['$0 check pets --fix-list bad.txt', 'a list of the files that are wrong'],
      ['$0 pets --exclude bad.txt', 'train without them'],
    ],
    load: async () => (await import('./commands/check.js')).check,
  },
  preview: {
    usage: 'preview <dir>',
    description: 'Draw a sheet of pictures as training would see them',
    options: {
      ...only('augment', 'fit', 'imageSize', 'seed', ...READING, 'recipe', ...SAYING),
      ...described('overwrite', 'replace the sheet if it exists'),
      out: {
        type: 'string',
        minLength: 1,
        description: 'the sheet, by its ending a JPEG, PNG or WebP; unless told preview.jpg, or -2, -3 ... where there is one',
      },
      pictures: {type: 'integer', minimum: 1, maximum: 100, default: 8, description: 'rows of the sheet'},
      variations: {type: 'integer', minimum: 1, maximum: 30, default: 6, description: 'columns beside the plain picture'},
    },
    examples: [['$0 preview pets --augment strong', 'look before you train']],
    load: async () => (await import('./commands/preview.js')).preview,
  },
  evaluate: {
    usage: 'evaluate [model] [dir]',
    description: 'Measure an exported model on a folder of images',
    options: only('data', ...WHERE, ...READING, 'limit', 'seed', 'assertAccuracy', ...SAYING),
    examples: [['$0 evaluate runs/pets-resnet50 --data more-pets', 'classes are matched by name']],
    load: async () => (await import('./commands/evaluate.js')).evaluate,
  },
  predict: {
    usage: 'predict [model] [image..]',
    description: 'Classify images: files, folders or patterns',
    options: {
      ...only(...WHERE, 'exclude', 'followLinks', ...SAYING),
      top: {type: 'integer', minimum: 1, default: 1, description: 'how many classes to name for each image'},
    },
    examples: [
      ["$0 predict runs/pets-resnet50 'new/*.jpg' --top 3", 'three guesses an image'],
      ['$0 predict new', 'by the model of the newest run'],
      ['$0 predict runs/pets-resnet50 - < cat.jpg', 'an image from standard input'],
    ],
    load: async () => (await import('./commands/predict.js')).predict,
  },
  export: {
    usage: 'export <run>',
    description: 'Export the model of a run again; its images are not needed',
    options: {
      ...only('engine', 'device', 'offline', ...SAYING),
      out: {type: 'string', minLength: 1, description: "folder of the model [default: the run's own]"},
    },
    examples: [['$0 export runs/pets-resnet50', 'after an export that failed, or with the model lost']],
    load: async () => (await import('./commands/export.js')).exportModel,
  },
  report: {
    usage: 'report <run>',
    description: 'Write the report of a run again; its images are not needed',
    options: only(...SAYING),
    load: async () => (await import('./commands/report.js')).report,
  },
  models: {
    usage: 'models',
    description: 'Architectures and weights, and where each file would come from',
    options: only(...SAYING),
    load: async () => (await import('./commands/models.js')).models,
  },
  engine: {
    usage: 'engine [task]',
    description: 'Which engine runs here, and proof of it; engine install gets TensorFlow',
    options: {
      ...only('engine', 'device', 'offline', ...SAYING),
      from: {type: 'string', minLength: 1, description: 'with install: a wheel, or a folder of wheels, instead of a download'},
    },
    examples: [['$0 engine install --from wheels/', 'on a machine without a network']],
    load: async () => (await import('./commands/engine.js')).engine,
  },
  init: {
    usage: 'init [file]',
    description: 'Write a recipe file with every option explained',
    options: {...described('overwrite', 'replace the recipe file if it exists'), ...only(...SAYING)},
    places: {file: 'recipe file to write [default: recipe.jsonc]'},
    load: async () => (await import('./commands/init.js')).init,
  },
  schema: {
    usage: 'schema [document]',
    description: 'Print the JSON Schema of recipe files, or of what check --json prints',
    options: only(...SAYING),
    load: async () => (await import('./commands/schema.js')).schema,
  },
  demo: {
    usage: 'demo [dir]',
    description: 'Draw a small dataset and fine-tune on it: nothing else is needed',
    options: defaulting(without('data', 'valData', 'testData', ...READING, 'folds', 'fold', 'recipe', 'resume'), demoDefaults()),
    places: {dir: 'folder to draw into [default: finetune-demo]'},
    load: async () => (await import('./commands/demo.js')).demo,
  },
} as const satisfies Record<string, CommandSpec>;

export type CommandName = keyof typeof COMMANDS;
export const COMMAND_NAMES = Object.keys(COMMANDS) as CommandName[];
