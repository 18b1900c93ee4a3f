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
import {OPEN_SET_SCHEMA, type OpenSetRecord} from '../../training/open-set/open-set-record.js';
import type {Metrics} from '../../training/metrics/metrics.js';
import {MODEL_FILES} from './file-names.js';

export const SCHEMA_VERSION = 1;

/** Content of `finetune.json`: description of an exported model, its origin, and the expected content of its files. */
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
  /** Class names; the index is the label. Exact, unlike `labels.txt`. */
  readonly classes: readonly string[];
  readonly head: HeadSpec;
  /** Initial weights of the backbone: the name of published weights, a file name, or `none`. */
  readonly weights: {readonly origin: string; readonly card?: PretrainedWeights};
  readonly metrics?: ModelMetrics;
  /** Detects images of none of the classes. */
  readonly openSet?: OpenSetRecord;
  /** All effective options of the run. */
  readonly recipe?: unknown;
  /** Sizes and SHA-256 (hex) of the files used for inference, by name. */
  readonly files: Readonly<Record<string, FileRecord>>;
  /** Sizes and SHA-256 (hex) of the files in `web`, by name. They are not used for inference in Node. */
  readonly web?: Readonly<Record<string, FileRecord>>;
  /** SHA-256 (hex) of the SHA-256 lines of model.json and its shards, in order. Equal models have equal hashes. */
  readonly contentHash: string;
}

export const specOf = ({arch, lastStage, variant}: ModelRecord): BackboneSpec => ({
  arch,
  lastStage,
  ...variant,
});

/** Metrics with the keys of a run's `metrics.json`. */
export interface ModelMetrics {
  readonly validation?: Metrics;
  readonly test?: Metrics;
}

export interface FileRecord {
  readonly bytes: number;
  readonly sha256: string;
}

/** Schema of an object that allows other keys as well. @param optional keys that may be missing */
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

const fileTable = {
  propertyNames: {pattern: '^[\\w-][\\w.-]*$'},
  maxProperties: 10_000,
  additionalProperties: file,
};

/** Upper limit, above the number of classes in any image dataset. */
const MAX_CLASSES = 100_000;

/** Schemas of values that the records of models and of ensembles have in common. */
export const RECORD_VALUES = {
  text,
  sha256,
  file,
  web: {type: 'object', ...fileTable},
  classes: {type: 'array', items: name, minItems: 2, maxItems: MAX_CLASSES},
  metrics: objectSchema({}, {validation: {type: 'object'}, test: {type: 'object'}}),
} as const;

/** Schema of what an exported model needs to run. Unknown keys are allowed, since an exported model may record more. */
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
    classes: RECORD_VALUES.classes,
    head: objectSchema({
      type: {enum: HEAD_TYPES},
      pooling: {enum: POOLINGS},
      dropout: {type: 'number', minimum: 0, exclusiveMaximum: 1},
    }),
    weights: objectSchema({origin: text}, {card: {type: 'object'}}),
    files: {
      ...objectSchema({[MODEL_FILES.model]: file, [MODEL_FILES.tensors]: file}),
      ...fileTable,
    },
    contentHash: sha256,
  },
  {metrics: RECORD_VALUES.metrics, web: RECORD_VALUES.web, openSet: OPEN_SET_SCHEMA},
);
