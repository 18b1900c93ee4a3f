import {existsSync} from 'node:fs';
import {readFile, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {sha256Of} from '../backbones/checksum.js';
import {FinetuneError, messageOf} from '../core/errors.js';
import {validate} from '../core/schema.js';
import {BUNDLE_FILES, bundleRecordSchema, SCHEMA_VERSION, type BundleRecord, type FileRecord} from './bundle-record.js';

/** A directory that is no bundle, or not the one that was exported any more. */
export class BundleError extends FinetuneError {
  override readonly name = 'BundleError';
  override readonly code = 'BUNDLE_UNUSABLE';

  /** @param path of the bundle, or of the file in it that is wrong */
  constructor(
    readonly path: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const COPY_AGAIN = 'Copy the whole folder again, or export it again.';

/** Where a bundle lies: the directory itself, or `model` in it where that is a run; undefined where there is none. */
export const bundleDirectory = (directory: string): string | undefined =>
  [directory, join(directory, 'model')].find(place => existsSync(join(place, BUNDLE_FILES.record)));

const HINT = 'Give the directory of a finished run, or the model folder in it.';

async function readRecord(directory: string): Promise<unknown> {
  const path = join(directory, BUNDLE_FILES.record);
  if (!existsSync(path)) {
    throw new BundleError(directory, `Expected an exported model in ${directory}, but found no ${BUNDLE_FILES.record}. ${HINT}`);
  }
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new BundleError(path, `Expected JSON in ${path}, but found something else (${messageOf(cause)}). ${COPY_AGAIN}`, {cause});
  }
}

function checkRecord(directory: string, document: unknown): BundleRecord {
  const {schemaVersion, createdBy} = Object(document) as Partial<BundleRecord>;
  if (schemaVersion !== SCHEMA_VERSION) {
    const maker = createdBy === undefined ? 'the finetune that made it' : `${createdBy}, which made it`;
    throw new BundleError(
      directory,
      `Expected schema version ${SCHEMA_VERSION} of the bundle in ${directory}, but found ${schemaVersion}. Use ${maker}, or a later one.`,
    );
  }
  const path = join(directory, BUNDLE_FILES.record);
  try {
    return validate<BundleRecord>(bundleRecordSchema, document, path);
  } catch (cause) {
    throw new BundleError(path, `${messageOf(cause)} ${COPY_AGAIN}`, {cause});
  }
}

async function checkFile(path: string, {bytes, sha256}: FileRecord): Promise<void> {
  if (!existsSync(path)) throw new BundleError(path, `Expected ${path}, but found no such file. ${COPY_AGAIN}`);
  const {size} = await stat(path);
  if (size !== bytes) throw new BundleError(path, `Expected ${bytes} bytes in ${path}, but found ${size}. ${COPY_AGAIN}`);
  const found = await sha256Of(path);
  if (found !== sha256) {
    throw new BundleError(
      path,
      `Expected the contents that were exported (sha256 ${sha256.slice(0, 8)}...) in ${path}, but found others (${found.slice(0, 8)}...). ${COPY_AGAIN}`,
    );
  }
}

/**
 * Reads what a bundle says of itself, and checks that every file that is computed with is whole and unchanged.
 * @throws BundleError
 */
export async function openBundle(directory: string): Promise<BundleRecord> {
  const record = checkRecord(directory, await readRecord(directory));
  for (const [name, file] of Object.entries(record.files)) await checkFile(join(directory, name), file);
  return record;
}
