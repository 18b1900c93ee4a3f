import type {ObjectSchema} from '../../core/schema.js';
import {FITS, type Preprocessing} from '../../core/preprocessing.js';
import {ARCHS, STAGES, type Arch, type LastStage, type ResNetVariant} from '../resnet-specs.js';

/**
 * What the features of weights are good for. `probe`: a head on frozen features, also as the first phase of a schedule. `full`: training of
 * the whole network from the first update. `far-domain`: a probe on images unlike ImageNet's.
 */
export const GOOD_FOR = ['probe', 'full', 'far-domain'] as const;
export type GoodFor = (typeof GOOD_FOR)[number];

/** Published accuracy in percent. */
export interface PublishedAccuracy {
  readonly 'acc@1': number;
  readonly 'acc@5'?: number;
}

/**
 * A published weights file: how to download it, verify it and preprocess its input. What its publisher does not state is absent. A file that
 * comes with this package has no addresses: it is next to its entry.
 */
export interface PretrainedWeights extends ResNetVariant {
  /** Name of the entry: `resnet50.imagenet1k-v1`. */
  readonly name: string;
  readonly arch: Arch;
  /** Absent if the file comes with this package. */
  readonly url?: string;
  /** File name in the cache. With a checksum, other tools use the same name in theirs. */
  readonly file: string;
  /** Prefix of the file's sha256, lower-case hex, as published. Without it, the checksum of the first download is kept (checksum-pin.ts). */
  readonly sha256Prefix?: string;
  /** Size of the file in MiB, as published. */
  readonly sizeMiB?: number;
  /** Hugging Face repository with the same weights in `model.safetensors`, under the same tensor names. */
  readonly huggingFace?: string;
  readonly preprocessing: Preprocessing;
  /** Number of stages in the file. */
  readonly stages: LastStage;
  /** Number of classes of the file's classifier. Absent if it has none. */
  readonly classes?: number;
  readonly numParams: number;
  /** Published accuracies by dataset, and by method where the file's own classifier was not measured. The most telling one is first. */
  readonly metrics: Readonly<Record<string, PublishedAccuracy>>;
  readonly goodFor: readonly GoodFor[];
  /** SPDX identifier of the license that the publisher names. */
  readonly licenseId: string;
  /** Whether the license forbids commercial use. Such weights are used only if the user names them. */
  readonly nonCommercial: boolean;
  /** What is known about the license, in sentences. */
  readonly license: string;
  /** URL of a page about how the weights were trained. Absent if the file comes with this package: `templates/recipes/pretrain.json`. */
  readonly trainingRecipe?: string;
  /** URL of the page that publishes the weights. Absent if the file comes with this package. */
  readonly source?: string;
}

const urlSchema = {type: 'string', pattern: '^https://'};
const tripleSchema = (item: object): object => ({
  type: 'array',
  items: {type: 'number', ...item},
  minItems: 3,
  maxItems: 3,
});
const percentSchema = {type: 'number', exclusiveMinimum: 0, maximum: 100};

/**
 * Schema of a `Preprocessing` record in a pretrained-weights entry, an exported model or a weights file. Sizes are limited to twice the
 * largest of a recipe, numbers to a range in which results stay finite.
 */
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
  name: {type: 'string', pattern: '^[a-z0-9_]+\\.[a-z0-9-]+$'},
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
      required: ['acc@1'],
      properties: {'acc@1': percentSchema, 'acc@5': percentSchema},
    },
  },
  goodFor: {type: 'array', items: {enum: GOOD_FOR}, minItems: 1, uniqueItems: true},
  licenseId: {type: 'string', pattern: '^[A-Za-z0-9.-]+$'},
  nonCommercial: {type: 'boolean'},
  license: {type: 'string', minLength: 1},
  trainingRecipe: urlSchema,
  source: urlSchema,
} satisfies Record<keyof PretrainedWeights, object>;

/** Fields that some publishers do not state, and addresses that a file of this package does not need. */
const OPTIONAL = [
  ...['sha256Prefix', 'sizeMiB', 'huggingFace', 'classes'],
  ...['url', 'trainingRecipe', 'source'],
];

/** Schema of a file of `pretrained/`. No field has a default: nothing is assumed about weights. */
export const pretrainedSchema: ObjectSchema = {
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties).filter(key => !OPTIONAL.includes(key)),
  properties,
};
