import {ARCHS, STAGES} from '../../backbones/resnet-specs.js';
import {LAYER_GROUPS} from '../../backbones/layer-groups.js';
import {FITS} from '../../core/preprocessing.js';
import type {ObjectSchema} from '../../core/schema.js';
import {AUGMENTATION_NAMES, augmentationSettings} from '../../datasets/augmentation/augment.js';
import {PRECISIONS} from '../../backend/graph/precision.js';
import {HEAD_TYPES, POOLINGS} from '../../heads/head.js';
import {OPTIMIZERS} from '../../training/loop/optimizer.js';
import {CLASS_BALANCES} from '../../training/loop/class-balance.js';

/** The named freeze schedules (phases.ts). */
export const FREEZE_SCHEDULES = [
  'probe',
  'probe-then-last-stage',
  'probe-then-full',
  'full',
] as const;
export type FreezeSchedule = (typeof FREEZE_SCHEDULES)[number];

const learningRatesSchema = {
  type: 'object',
  additionalProperties: false,
  required: LAYER_GROUPS,
  description:
    'peak learning rate of every layer group; null freezes it, batch-norm statistics included',
  properties: Object.fromEntries(
    LAYER_GROUPS.map(group => [group, {type: ['number', 'null'], exclusiveMinimum: 0}]),
  ),
};

const phaseSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['name', 'epochs', 'learningRates'],
  properties: {
    name: {type: 'string', minLength: 1},
    epochs: {type: 'integer', minimum: 1},
    learningRates: learningRatesSchema,
  },
};

/** Settings of the operations, which override a preset's. */
const augmentationSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    preset: {
      enum: AUGMENTATION_NAMES,
      description: 'what holds where nothing is said here; none unless told',
    },
    ...augmentationSettings,
  },
};

/** `AdamW, SGD with Nesterov momentum, or Lion` */
function formatOptimizers(): string {
  const texts = Object.values(OPTIMIZERS).map(({description}) => description);
  return `${texts.slice(0, -1).join(', ')}, or ${texts.at(-1)}`;
}

/**
 * How to train. The one source of the flags, the recipe file, the library's types, the defaults and their descriptions. A value without a
 * `default` is recommended from the data (recommend.ts).
 */
export const recipeSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    arch: {enum: ARCHS, default: 'resnet50', description: 'depth of the ResNet'},
    weights: {
      type: 'string',
      minLength: 1,
      default: 'auto',
      description: 'auto, the name of a card (finetune models), a file, or none',
    },
    lastStage: {
      type: 'integer',
      minimum: 1,
      maximum: STAGES.length,
      default: STAGES.length,
      description: 'end the backbone after this stage',
    },
    head: {enum: HEAD_TYPES, default: 'linear', description: 'what classifies the features'},
    pooling: {
      enum: POOLINGS,
      default: 'avg',
      description: 'how the last feature map becomes a vector',
    },
    dropout: {
      type: 'number',
      minimum: 0,
      maximum: 0.9,
      default: 0,
      description: 'share of the features dropped in training',
    },
    fit: {
      enum: FITS,
      default: 'crop',
      description:
        'how an image becomes a square: crop its middle, squash it, or pad it with a border',
    },
    imageSize: {
      type: 'integer',
      minimum: 32,
      maximum: 1024,
      description: 'side of the input in pixels [default: of the weights]',
    },
    freeze: {
      anyOf: [{enum: FREEZE_SCHEDULES}, {type: 'array', minItems: 1, items: phaseSchema}],
      description:
        'a freeze schedule: probe, probe-then-last-stage, probe-then-full, full; or a list of phases in a recipe file',
    },
    epochs: {type: 'integer', minimum: 1, description: 'epochs of the last phase'},
    batchSize: {type: 'integer', minimum: 1, maximum: 4096, description: 'images per update'},
    lr: {
      type: 'number',
      exclusiveMinimum: 0,
      description: 'peak learning rate of the top group in the last phase',
    },
    optimizer: {
      enum: Object.keys(OPTIMIZERS),
      default: 'adamw',
      description: formatOptimizers(),
    },
    weightDecay: {
      type: 'number',
      minimum: 0,
      description: 'decoupled; never on batch norm and biases',
    },
    labelSmoothing: {
      type: 'number',
      minimum: 0,
      exclusiveMaximum: 1,
      description: 'share of the target spread over all classes',
    },
    clipNorm: {
      type: 'number',
      exclusiveMinimum: 0,
      default: 1,
      description: 'largest global norm of the gradients',
    },
    batchNorm: {
      enum: ['inference', 'training'],
      description: 'statistics that unfrozen batch norms use while training',
    },
    classBalance: {
      enum: CLASS_BALANCES,
      description:
        'for classes of unequal size: none, loss (weighted loss) or sample (oversampling)',
    },
    augment: {
      anyOf: [{enum: AUGMENTATION_NAMES}, augmentationSchema],
      description:
        'how training images are varied: none, light, standard, strong; or settings in a recipe file',
    },
    views: {
      type: 'integer',
      minimum: 0,
      maximum: 64,
      description: 'augmented views cached per image, beside the plain one',
    },
    precision: {
      enum: PRECISIONS,
      default: 'fp32',
      description: 'arithmetic of training: fp32, or bf16 where there is hardware for it',
    },
    valSplit: {
      type: 'number',
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0.2,
      description: 'share of images to validate on',
    },
    testSplit: {
      type: 'number',
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0,
      description: 'share of images to test on',
    },
    groupBy: {
      type: 'string',
      minLength: 1,
      default: 'near-duplicates',
      description:
        "what stays in one part: exact-duplicates, near-duplicates, folder:DEPTH or a pattern of names such as '(patient\\d+)_'",
    },
    fold: {
      type: 'string',
      pattern: '^[1-9]\\d*/[1-9]\\d*$',
      examples: ['2/5'],
      description: 'validate on this part of a cross-validation: 2/5',
    },
    splitFile: {type: 'string', minLength: 1, description: 'a split.json to use again'},
    seed: {
      type: 'integer',
      minimum: 0,
      default: 42,
      description: 'splits, shuffles and augmentations repeat under the same seed',
    },
    cacheDisk: {
      type: 'number',
      minimum: 0,
      description:
        'GiB of disk for features kept for later runs [default: a quarter of what is free]',
    },
    cacheMemory: {
      type: 'number',
      exclusiveMinimum: 0,
      description:
        'GiB of memory for cached pixels and features [default: a third, less where training needs it]',
    },
  },
} as const satisfies ObjectSchema;

/** Where to run and what to leave behind: the other half of the flags and of a recipe file. */
export const runOptionsSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    data: {
      type: 'string',
      minLength: 1,
      description: 'folder with one sub-folder a class, or a list of images (.csv, .tsv, .jsonl)',
    },
    valData: {
      type: 'string',
      minLength: 1,
      description: 'validation images, where they lie elsewhere: a folder or a list',
    },
    testData: {
      type: 'string',
      minLength: 1,
      description: 'test images, where they lie elsewhere: a folder or a list',
    },
    classes: {type: 'string', minLength: 1, description: 'use these classes alone: a,b,c'},
    exclude: {
      type: 'string',
      minLength: 1,
      description: 'a list of files to leave out, a name a line (check --write-exclude)',
    },
    pathColumn: {
      type: 'string',
      minLength: 1,
      description: 'column of a list with the paths: its name, or its number from 1',
    },
    labelColumn: {
      type: 'string',
      minLength: 1,
      description: 'column of a list with the labels: its name, or its number from 1',
    },
    followLinks: {
      type: 'boolean',
      default: false,
      description: 'read images that links lead to outside the data folder, too',
    },
    folds: {
      type: 'integer',
      minimum: 2,
      maximum: 100,
      description: 'cross-validate: so many runs, each validated on other images',
    },
    maxPerClass: {type: 'integer', minimum: 1, description: 'use at most this many images a class'},
    out: {
      type: 'string',
      minLength: 1,
      description: 'run directory [default: runs/<dataset>-<arch>]',
    },
    overwrite: {
      type: 'boolean',
      default: false,
      description: 'replace the run directory if it exists',
    },
    backend: {enum: ['auto', 'tensorflow', 'wasm'], default: 'auto', description: 'what computes'},
    device: {
      type: 'string',
      pattern: '^(auto|cpu|gpu|gpu:\\d+)$',
      examples: ['auto', 'cpu', 'gpu', 'gpu:1'],
      default: 'auto',
      description: 'auto, cpu, gpu or gpu:N',
    },
    workers: {
      type: 'integer',
      minimum: 1,
      maximum: 256,
      description: 'threads that decode images [default: one a core, 4 at least]',
    },
    offline: {type: 'boolean', default: false, description: 'never use the network'},
    assertAccuracy: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      description: 'exit 5 when validation accuracy is below',
    },
  },
} as const satisfies ObjectSchema;
