import type {PretrainedWeights} from '../../backbones/pretrained/pretrained.js';
import type {Arch, LastStage, ResNetVariant} from '../../backbones/resnet-specs.js';
import type {Tap} from '../../backbones/taps.js';
import type {Preprocessing} from '../../core/preprocessing.js';
import {MODEL_FILES, SHARD_NAME} from '../record/file-names.js';
import type {FileRecord} from '../record/model-record.js';
import type {ExportFiles} from '../replace-directory.js';

/** Files of exported features. The weights of `model` are in shards next to it. */
export const FEATURES_FILES = {
  model: MODEL_FILES.model,
  tensors: 'backbone.safetensors',
  record: 'features.json',
  card: MODEL_FILES.card,
} as const;

/** Names that a directory of exported features may hold. */
export const FEATURES_EXPORT: ExportFiles = {
  record: FEATURES_FILES.record,
  isFile: name => Object.values<string>(FEATURES_FILES).includes(name) || SHARD_NAME.test(name),
};

/** Content of `features.json`: what a detector needs to know about the feature maps. */
export interface FeaturesRecord {
  readonly schemaVersion: 1;
  /** `finetune 0.1.0` */
  readonly createdBy: string;
  /** ISO 8601 */
  readonly createdAt: string;
  readonly arch: Arch;
  /** The last stage in the files. */
  readonly lastStage: LastStage;
  readonly variant: ResNetVariant;
  /** Feature maps in the order of the model's outputs, from the largest map to the smallest. */
  readonly features: readonly Tap[];
  /** Input of `model.json`. Normalization is inside the model. */
  readonly input: {
    readonly shape: readonly [null, null, null, 3];
    readonly pixels: {readonly order: 'RGB'; readonly range: readonly [0, 255]};
  };
  /** How the weights were fed in training. `backbone.safetensors` needs the same normalization in front. */
  readonly preprocessing: Preprocessing;
  /** Initial weights of the backbone: the name of published weights, a file name, or `none`. */
  readonly weights: {readonly origin: string; readonly card?: PretrainedWeights};
  /** Sizes and SHA-256 (hex) of the files, by name. */
  readonly files: Readonly<Record<string, FileRecord>>;
  /** SHA-256 (hex) of the SHA-256 lines of model.json and its shards, in order. */
  readonly contentHash: string;
}
