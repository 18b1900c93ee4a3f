import type {DeviceOption} from '../../backend/runtime/device.js';
import {schemaOf, type OptionRow} from './option.js';

const NAME = {type: 'string', minLength: 1} as const;

/** Options for the backend, resources and outputs of a run. */
export const RUN_OPTIONS = {
  recipe: {
    scope: 'console',
    schema: NAME,
    help: 'read options from a recipe file (finetune init writes one)',
    example: 'recipe.jsonc',
    isPath: true,
    mayChangeOnResume: true,
  },
  out: {
    scope: 'run',
    schema: NAME,
    help: 'run directory',
    defaultText: 'runs/<dataset>-<arch>',
    example: 'runs/pets',
    isCommon: true,
    isPath: true,
  },
  overwrite: {
    scope: 'run',
    schema: {type: 'boolean'},
    help: 'replace the run directory if it exists',
    default: false,
  },
  resume: {
    scope: 'console',
    schema: {type: 'string'},
    help: 'resume an interrupted run: its directory, or the newest in runs/; auto: resume the run in --out if there is one, else start it',
    example: 'runs/pets',
    isCommon: true,
    isPath: true,
    isValueOptional: true,
    mayChangeOnResume: true,
  },
  backend: {
    scope: 'run',
    schema: {enum: ['auto', 'tensorflow', 'wasm']},
    help: 'compute backend',
    default: 'auto',
    mayChangeOnResume: true,
  },
  device: {
    scope: 'run',
    schema: schemaOf<DeviceOption>({
      type: 'string',
      pattern: '^(auto|cpu|gpu|gpu:\\d+)$',
      examples: ['auto', 'cpu', 'gpu', 'gpu:1'],
    }),
    help: 'auto, cpu, gpu or gpu:N',
    default: 'auto',
    mayChangeOnResume: true,
  },
  workers: {
    scope: 'run',
    schema: {type: 'integer', minimum: 1, maximum: 256},
    help: 'threads that decode images',
    defaultText: 'one a core, 4 at least',
    example: 4,
    mayChangeOnResume: true,
  },
  cacheMemory: {
    scope: 'recipe',
    schema: {type: 'number', exclusiveMinimum: 0},
    help: 'GiB of memory for cached pixels and features',
    defaultText: 'a third, less where training needs it',
    example: 4,
    mayChangeOnResume: true,
  },
  cacheDisk: {
    scope: 'recipe',
    schema: {type: 'number', minimum: 0},
    help: 'GiB of disk for features kept for later runs',
    defaultText: 'a quarter of what is free',
    example: 20,
    mayChangeOnResume: true,
  },
  offline: {
    scope: 'run',
    schema: {type: 'boolean'},
    help: 'never use the network',
    default: false,
    mayChangeOnResume: true,
  },
  assertAccuracy: {
    scope: 'run',
    schema: {type: 'number', minimum: 0, maximum: 1},
    help: 'exit 5 when validation accuracy is below',
    example: 0.9,
    mayChangeOnResume: true,
  },
} as const satisfies Readonly<Record<string, OptionRow>>;

/** Options for the output of the command line. */
export const OUTPUT_OPTIONS = {
  json: {
    scope: 'console',
    schema: {type: 'boolean'},
    help: 'print one JSON document to standard output',
    default: false,
    isCommon: true,
    mayChangeOnResume: true,
  },
  metricLines: {
    scope: 'console',
    schema: {enum: ['auto', 'on', 'off']},
    help: 'print epochs as name=value lines, not as a table: auto is where standard error is no terminal',
    default: 'auto',
    mayChangeOnResume: true,
  },
  quiet: {
    scope: 'console',
    schema: {type: 'boolean'},
    help: 'print only results and errors',
    default: false,
    mayChangeOnResume: true,
  },
  verbose: {
    scope: 'console',
    schema: {type: 'boolean'},
    help: 'print the effective options and their sources, too',
    default: false,
    mayChangeOnResume: true,
  },
} as const satisfies Readonly<Record<string, OptionRow>>;
