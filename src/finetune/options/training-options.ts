import {PRECISIONS} from '../../backend/graph/precision.js';
import {
  AUGMENTATION_NAMES,
  augmentationSettings,
  type AugmentationChoice,
} from '../../datasets/augmentation/augment.js';
import {CLASS_BALANCES} from '../../training/loop/class-balance.js';
import {LR_SCHEDULES, type LrScheduleName} from '../../training/loop/lr-schedule.js';
import {OPTIMIZERS, type OptimizerName} from '../../training/loop/optimizer.js';
import {FREEZE_SCHEDULES, phaseSchema, type Phase} from '../recipe/phases.js';
import {HEAD_SOLVERS} from '../../training/head-solver/solve-head.js';
import {schemaOf, type OptionRow} from './option.js';

/** Settings of the augmentation operations, which override a preset. */
const augmentationSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    preset: {
      enum: AUGMENTATION_NAMES,
      description: 'the preset of all that is not set here [default: none]',
    },
    ...augmentationSettings,
  },
};

/** `AdamW, SGD with Nesterov momentum, or Lion` */
function formatOptimizers(): string {
  const texts = Object.values(OPTIMIZERS).map(({description}) => description);
  return `${texts.slice(0, -1).join(', ')}, or ${texts.at(-1)}`;
}

/** Options of the training itself. */
export const TRAINING_OPTIONS = {
  freeze: {
    scope: 'recipe',
    schema: {enum: FREEZE_SCHEDULES},
    help: 'freeze schedule',
    isRecommended: true,
    example: 'probe-then-last-stage',
    isCommon: true,
  },
  phases: {
    scope: 'recipe',
    schema: schemaOf<readonly Phase[]>({type: 'array', minItems: 1, items: phaseSchema}),
    help: 'a freeze schedule of your own, instead of freeze, epochs and lr',
    example: [
      {
        name: 'probe',
        epochs: 5,
        learningRates: {
          ...{stem: null, stage1: null, stage2: null, stage3: null, stage4: null},
          head: 0.003,
        },
      },
    ],
    isFileOnly: true,
  },
  headSolver: {
    scope: 'recipe',
    schema: {enum: HEAD_SOLVERS},
    help: 'how a phase that trains only the head fits it on cached features: lbfgs (logistic regression to convergence, L2 by cross-validation) or optimizer (epochs)',
    isRecommended: true,
    example: 'lbfgs',
  },
  epochs: {
    scope: 'recipe',
    schema: {type: 'integer', minimum: 1},
    help: 'epochs of the last phase',
    isRecommended: true,
    example: 10,
    isCommon: true,
  },
  batchSize: {
    scope: 'recipe',
    schema: {type: 'integer', minimum: 1, maximum: 4096},
    help: 'images per update',
    isRecommended: true,
    example: 32,
    isCommon: true,
  },
  lr: {
    scope: 'recipe',
    schema: {type: 'number', exclusiveMinimum: 0},
    help: 'peak learning rate of the top group in the last phase',
    isRecommended: true,
    example: 0.0001,
  },
  lrSchedule: {
    scope: 'recipe',
    schema: {enum: Object.keys(LR_SCHEDULES) as LrScheduleName[]},
    help: 'decay of the learning rate in a phase: cosine, or step (a tenth at the half, a hundredth at three quarters)',
    default: 'cosine',
  },
  warmup: {
    scope: 'recipe',
    schema: {type: 'number', minimum: 0, maximum: 1},
    help: 'fraction of the updates of a phase in which the learning rate rises to its peak',
    default: 0.1,
  },
  optimizer: {
    scope: 'recipe',
    schema: {enum: Object.keys(OPTIMIZERS) as OptimizerName[]},
    help: formatOptimizers(),
    default: 'adamw',
  },
  weightDecay: {
    scope: 'recipe',
    schema: {type: 'number', minimum: 0},
    help: 'decoupled weight decay; never on batch norm and biases',
    isRecommended: true,
    example: 0.01,
  },
  labelSmoothing: {
    scope: 'recipe',
    schema: {type: 'number', minimum: 0, exclusiveMaximum: 1},
    help: 'fraction of the target spread over all classes',
    isRecommended: true,
    example: 0.1,
  },
  clipNorm: {
    scope: 'recipe',
    schema: {type: 'number', minimum: 0},
    help: 'largest global norm of the gradients; 0 for no limit',
    default: 1,
  },
  batchNorm: {
    scope: 'recipe',
    schema: {enum: ['inference', 'training']},
    help: 'statistics that unfrozen batch norms use in training',
    isRecommended: true,
    example: 'inference',
  },
  precision: {
    scope: 'recipe',
    schema: {enum: PRECISIONS},
    help: 'arithmetic of training: fp32, or bf16 where there is hardware for it',
    default: 'fp32',
  },
  augment: {
    scope: 'recipe',
    schema: schemaOf<AugmentationChoice>({
      anyOf: [{enum: AUGMENTATION_NAMES}, augmentationSchema],
    }),
    help: 'augmentation: none, light, standard, strong; or settings in a recipe file',
    isRecommended: true,
    example: 'standard',
    isCommon: true,
  },
  views: {
    scope: 'recipe',
    schema: {type: 'integer', minimum: 0, maximum: 64},
    help: 'augmented views cached per image, next to the unaugmented one',
    isRecommended: true,
    example: 2,
  },
  classBalance: {
    scope: 'recipe',
    schema: {enum: CLASS_BALANCES},
    help: 'class imbalance: none, weighted-loss, or oversample',
    isRecommended: true,
    example: 'weighted-loss',
  },
  seed: {
    scope: 'recipe',
    schema: {type: 'integer', minimum: 0},
    help: 'splits, shuffles and augmentations repeat under the same seed',
    default: 42,
  },
} as const satisfies Readonly<Record<string, OptionRow>>;
