import {ARCHS, type Arch} from '../../backbones/resnet-specs.js';
import type {ObjectSchema} from '../../core/schema.js';
import {
  objectSchema,
  RECORD_VALUES,
  type SCHEMA_VERSION,
  type FileRecord,
  type ModelMetrics,
} from '../record/model-record.js';
import {VOTES, type Vote} from './vote.js';

/** A member of an exported ensemble. */
export interface MemberRecord {
  /** Name of its folder in `members`. */
  readonly name: string;
  readonly arch: Arch;
  /** Size and hash of its `finetune.json`, which has the sizes and hashes of its other files. */
  readonly record: FileRecord;
}

/** Content of `ensemble.json`: how the exported models in `members` are combined. */
export interface EnsembleRecord {
  readonly schemaVersion: typeof SCHEMA_VERSION;
  /** `finetune 0.1.0` */
  readonly createdBy: string;
  /** ISO 8601 */
  readonly createdAt: string;
  readonly vote: Vote;
  /** Class names; the index is the label. A member may have them in another order. */
  readonly classes: readonly string[];
  /** At least one. */
  readonly members: readonly [MemberRecord, ...MemberRecord[]];
  /** Metrics of the ensemble, if it was evaluated. */
  readonly metrics?: ModelMetrics;
  /** Sizes and SHA-256 (hex) of the files in `web`, by name. */
  readonly web?: Readonly<Record<string, FileRecord>>;
  /** SHA-256 (hex) of the vote and the content hashes of the members, in order. Equal ensembles have equal hashes. */
  readonly contentHash: string;
}

/** Name of a folder in `members`. */
export const MEMBER_NAME = '^[\\w-][\\w.-]*$';

/** Upper limit, above the number of models that any ensemble needs. */
export const MAX_MEMBERS = 100;

/** Schema of what an ensemble needs to run. Unknown keys are allowed. */
export const ensembleRecordSchema: ObjectSchema = objectSchema(
  {
    createdBy: RECORD_VALUES.text,
    createdAt: RECORD_VALUES.text,
    vote: {enum: VOTES},
    classes: RECORD_VALUES.classes,
    members: {
      type: 'array',
      minItems: 1,
      maxItems: MAX_MEMBERS,
      items: objectSchema({
        name: {...RECORD_VALUES.text, pattern: MEMBER_NAME},
        arch: {enum: ARCHS},
        record: RECORD_VALUES.file,
      }),
    },
    contentHash: RECORD_VALUES.sha256,
  },
  {metrics: RECORD_VALUES.metrics, web: RECORD_VALUES.web},
);
