import {existsSync} from 'node:fs';
import {access, constants} from 'node:fs/promises';
import {basename, dirname, join, resolve} from 'node:path';
import {UsageError} from '../../core/errors.js';
import {writeFileAtomic} from '../../core/files/atomic-write.js';
import {readJsonFile} from '../../core/files/json-file.js';
import {describeSystemError} from '../../core/files/system-error.js';
import {printableJson} from '../../core/text/printable.js';
import type {ThresholdRule} from '../../training/open-set/threshold.js';
import {ENSEMBLE_FILES, MODEL_FILES} from './file-names.js';
import {isEnsemble} from './model-directory.js';
import {readModelRecord} from './read-model-record.js';

const MAX_BYTES = 64_000_000;

/** A threshold of unknown images for an exported model. */
export interface UnknownThreshold {
  /** An image with a lower score is unknown. */
  readonly threshold: number;
  /** How it was chosen; the record keeps it. */
  readonly thresholdRule: ThresholdRule;
}

/** @throws UsageError (exit 2) for an ensemble, and for a member in the folder of one */
function assertOwnThreshold(directory: string): void {
  if (isEnsemble(directory))
    throw new UsageError(
      `${directory} is an ensemble, which has no threshold of its own. Set that of each model, then export the ensemble again.`,
    );
  const members = dirname(resolve(directory));
  if (basename(members) === ENSEMBLE_FILES.members && isEnsemble(dirname(members)))
    throw new UsageError(
      `${directory} belongs to the ensemble in ${dirname(members)}, which would no longer match it. Set the threshold of the model it was made from, then export the ensemble again.`,
    );
}

/**
 * Checks a model before its threshold is measured, which may take hours.
 * @throws UsageError (exit 2) for a read-only folder, an ensemble, and a member in the folder of one
 */
export async function assertWritableThreshold(directory: string): Promise<void> {
  assertOwnThreshold(directory);
  await access(directory, constants.W_OK).catch((error: unknown) => {
    throw new UsageError(
      `The threshold of ${directory} cannot be changed: ${describeSystemError(error)}. Make the folder writable, or set the threshold of a copy.`,
    );
  });
}

/**
 * Writes the threshold of unknown images into the records of an exported model: `finetune.json` for Node, and `metadata.json`, if it is
 * there, for web pages. Each is replaced atomically; the first one is restored if the second cannot be written.
 * @throws InvalidModelError; UsageError for an ensemble, a member of one, or a model that cannot tell unknown images
 */
export async function writeUnknownThreshold(
  directory: string,
  choice: UnknownThreshold,
): Promise<void> {
  assertOwnThreshold(directory);
  const record = await readModelRecord(directory);
  if (record.openSet === undefined)
    throw new UsageError(`The model in ${directory} cannot tell unknown images.`);
  const openSet = {...record.openSet, ...choice};
  const write = (name: string, document: object): Promise<void> =>
    writeFileAtomic(join(directory, name), `${printableJson(document)}\n`);
  const metadataPath = join(directory, MODEL_FILES.metadata);
  if (!existsSync(metadataPath)) return write(MODEL_FILES.record, {...record, openSet});
  const metadata = (await readJsonFile(metadataPath, MAX_BYTES)) as object;
  await write(MODEL_FILES.metadata, {...metadata, openSet});
  try {
    await write(MODEL_FILES.record, {...record, openSet});
  } catch (error) {
    await write(MODEL_FILES.metadata, metadata);
    throw error;
  }
}
