import {preprocessingSchema} from '../../backbones/pretrained/pretrained-schema.js';
import type {PretrainedWeights} from '../../backbones/pretrained/pretrained.js';
import {
  ARCHS,
  STAGES,
  type Arch,
  type BackboneSpec,
  type LastStage,
  type ResNetVariant,
} from '../../backbones/resnet-specs.js';
import type {Preprocessing} from '../../core/preprocessing.js';
import type {ObjectSchema} from '../../core/schema.js';
import {HEAD_TYPES, POOLINGS, type HeadSpec} from '../../heads/head.js';
import type {Metrics} from '../../training/metrics/metrics.js';
import {MODEL_FILES} from './file-names.js';

export const SCHEMA_VERSION = 1;

/** `finetune.json`: what an exported model is, where it came from, and what its files must hold. */
export interface ModelRecord {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  /** `finetune 0.1.0` */
  readonly createdBy: string;
  /** ISO 8601 */
  readonly createdAt: string;
  readonly arch: Arch;
  readonly lastStage: LastStage;
  readonly variant: ResNetVariant;
  readonly preprocessing: Preprocessing;
  /** Index is the label. Exact, unlike `labels.txt`. */
  readonly classes: readonly string[];
  readonly head: HeadSpec;
  /** What the backbone started from: a card's name, a file's, or `none`. */
  readonly weights: {readonly origin: string; readonly card?: PretrainedWeights};
  readonly metrics?: ModelMetrics;
  /** Every effective value of the run. */
  readonly recipe?: unknown;
  /** Sizes and sha256 (hex) of the files that are computed with, by name. */
  readonly files: Readonly<Record<string, FileRecord>>;
  /** sha256 (hex) over the sha256 of model.json and of its shards, a line each, in order: equal for equal models. */
  readonly contentHash: string;
}

export const specOf = ({arch, lastStage, variant}: ModelRecord): BackboneSpec => ({
  arch,
  lastStage,
  ...variant,
});

/** As in a run's `metrics.json`. */
export interface ModelMetrics {
  readonly validation?: Metrics;
  readonly test?: Metrics;
}

export interface FileRecord {
  readonly bytes: number;
  readonly sha256: string;
}

/** @param optional keys that may be left out; others than these and those required are let pass */
export const objectSchema = (
  required: Record<string, object>,
  optional: Record<string, object> = {},
): ObjectSchema => ({
  type: 'object',
  required: Object.keys(required),
  properties: {...required, ...optional},
});

const text = {type: 'string', maxLength: 1000};
const name = {...text, minLength: 1};
const sha256 = {type: 'string', pattern: '^[0-9a-f]{64}$'};
const file = objectSchema({bytes: {type: 'integer', minimum: 1, maximum: 2 ** 40}, sha256});

/** More than are in any dataset of images. */
const MAX_CLASSES = 100_000;

/** What must be right for an exported model to be run. Keys that are not listed are let pass: an exported model may say more. */
export const modelRecordSchema: ObjectSchema = objectSchema(
  {
    createdBy: text,
    createdAt: text,
    arch: {enum: ARCHS},
    lastStage: {enum: STAGES},
    variant: objectSchema({
      strideIn1x1: {type: 'boolean'},
      batchNormEpsilon: {type: 'number', exclusiveMinimum: 0, maximum: 1},
    }),
    preprocessing: preprocessingSchema,
    classes: {type: 'array', items: name, minItems: 2, maxItems: MAX_CLASSES},
    head: objectSchema({
      type: {enum: HEAD_TYPES},
      pooling: {enum: POOLINGS},
      dropout: {type: 'number', minimum: 0, exclusiveMaximum: 1},
    }),
    weights: objectSchema({origin: text}, {card: {type: 'object'}}),
    files: {
      ...objectSchema({[MODEL_FILES.model]: file, [MODEL_FILES.tensors]: file}),
      propertyNames: {pattern: '^[\\w-][\\w.-]*$'},
      maxProperties: 10_000,
      additionalProperties: file,
    },
    contentHash: sha256,
  },
  {metrics: objectSchema({}, {validation: {type: 'object'}, test: {type: 'object'}})},
);
