import {ARCHS, STAGES, type LastStage} from '../../backbones/resnet-specs.js';
import {FITS} from '../../core/preprocessing.js';
import {HEAD_TYPES, POOLINGS} from '../../heads/head.js';
import {schemaOf, type OptionRow} from './option.js';

/** Options of the network and its input. */
export const MODEL_OPTIONS = {
  arch: {
    scope: 'recipe',
    schema: {enum: ARCHS},
    help: 'network (see finetune models)',
    default: 'resnet50',
    isCommon: true,
  },
  ensemble: {
    scope: 'run',
    schema: {type: 'string'},
    help: 'train several networks and export them as one model; without a value, those of --folds',
    example: 'resnet18,resnet34,resnet50',
    isValueOptional: true,
  },
  weights: {
    scope: 'recipe',
    schema: {type: 'string', minLength: 1},
    help: 'auto, embedded, a name (finetune models), a file, none, compare=A,B',
    default: 'auto',
    isCommon: true,
    isPath: true,
  },
  lastStage: {
    scope: 'recipe',
    schema: schemaOf<LastStage>({type: 'integer', minimum: 1, maximum: STAGES.length}),
    help: 'end the backbone after this stage',
    defaultText: 'the last of the network',
    example: 3,
  },
  /** Default: the image size of the weights. */
  imageSize: {
    scope: 'recipe',
    schema: {type: 'integer', minimum: 32, maximum: 1024},
    help: 'side of the input in pixels',
    defaultText: 'of the weights',
    example: 224,
  },
  /** Default: the fit of the weights. */
  fit: {
    scope: 'recipe',
    schema: {enum: FITS},
    help: 'how images are fitted to the square input: crop (center), squash, or pad (letterbox)',
    defaultText: 'of the weights, mostly crop',
    example: 'crop',
  },
  head: {
    scope: 'recipe',
    schema: {enum: HEAD_TYPES},
    help: 'what classifies the features',
    default: 'linear',
  },
  pooling: {
    scope: 'recipe',
    schema: {enum: POOLINGS},
    help: 'how the last feature map becomes a vector',
    default: 'avg',
  },
  dropout: {
    scope: 'recipe',
    schema: {type: 'number', minimum: 0, maximum: 0.9},
    help: 'fraction of the features dropped in training',
    default: 0,
  },
} as const satisfies Readonly<Record<string, OptionRow>>;
