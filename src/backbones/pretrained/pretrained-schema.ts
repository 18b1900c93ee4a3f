import type {ObjectSchema} from '../../core/schema.js';
import {FITS} from '../../core/preprocessing.js';
import {ARCHS, STAGES} from '../resnet-specs.js';

const urlSchema = {type: 'string', pattern: '^https://'};
const tripleSchema = (item: object): object => ({
  type: 'array',
  items: {type: 'number', ...item},
  minItems: 3,
  maxItems: 3,
});
const percentSchema = {type: 'number', exclusiveMinimum: 0, maximum: 100};

/** A `Preprocessing` record, on a card, in an exported model or a weights file: sizes up to twice the largest of a recipe, numbers that stay finite. */
export const preprocessingSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['resizeSize', 'cropSize', 'interpolation', 'channelOrder', 'scale', 'mean', 'std'],
  properties: {
    resizeSize: {type: 'integer', minimum: 1, maximum: 2048},
    cropSize: {type: 'integer', minimum: 1, maximum: 1024},
    fit: {enum: FITS},
    interpolation: {const: 'bilinear'},
    channelOrder: {enum: ['rgb', 'bgr']},
    scale: {type: 'number', exclusiveMinimum: 0, maximum: 1e6},
    mean: tripleSchema({minimum: -1e6, maximum: 1e6}),
    std: tripleSchema({minimum: 1e-6, maximum: 1e6}),
  },
};

const properties = {
  name: {type: 'string', pattern: '^[a-z0-9]+\\.[a-z0-9-]+$'},
  arch: {enum: ARCHS},
  url: urlSchema,
  file: {type: 'string', minLength: 1},
  sha256Prefix: {type: 'string', pattern: '^[0-9a-f]{8,64}$'},
  sizeMiB: {type: 'number', exclusiveMinimum: 0},
  huggingFace: {type: 'string', pattern: '^[^/]+/[^/]+$'},
  strideIn1x1: {type: 'boolean'},
  batchNormEpsilon: {type: 'number', exclusiveMinimum: 0},
  preprocessing: preprocessingSchema,
  stages: {type: 'integer', minimum: 1, maximum: STAGES.length},
  classes: {type: 'integer', minimum: 1},
  numParams: {type: 'integer', minimum: 1},
  metrics: {
    type: 'object',
    additionalProperties: {
      type: 'object',
      additionalProperties: false,
      required: ['acc@1', 'acc@5'],
      properties: {'acc@1': percentSchema, 'acc@5': percentSchema},
    },
  },
  license: {type: 'string', minLength: 1},
  trainingRecipe: urlSchema,
  source: urlSchema,
};

/** A file of `pretrained/`. Nothing has a default: what a card does not say is not known. */
export const pretrainedSchema: ObjectSchema = {
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties).filter(key => key !== 'huggingFace'),
  properties,
};
