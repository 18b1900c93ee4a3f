import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {errorMessage} from '../../core/errors.js';
import {readJsonFile} from '../../core/files/json-file.js';
import {SchemaError, validate} from '../../core/schema.js';
import {findCompanionFileProblem} from './companion-files.js';
import {InvalidModelError, COPY_AGAIN} from './invalid-model-error.js';
import {MODEL_FILES, SHARD_NAME} from './file-names.js';
import {checkFile} from './file-hashes.js';
import {assertDirectory, remedyFor} from './model-directory.js';
import {modelRecordSchema, SCHEMA_VERSION, type ModelRecord} from './model-record.js';
import {findModelJsonProblem} from '../tfjs/model-json.js';
import {findRecordProblem} from './record-problems.js';

/** Maximum size of finetune.json and model.json. The confusion matrix of a thousand classes takes a fifth of it. */
const MAX_JSON_BYTES = 64_000_000;

/** @throws InvalidModelError if the file is not JSON, too long or too deeply nested */
export async function readDocument(path: string): Promise<unknown> {
  try {
    return await readJsonFile(path, MAX_JSON_BYTES);
  } catch (cause) {
    throw new InvalidModelError(
      {path, cause},
      `${path} is not JSON (${errorMessage(cause)}). ${COPY_AGAIN}`,
    );
  }
}

async function readRecordFile(directory: string): Promise<unknown> {
  await assertDirectory(directory);
  const path = join(directory, MODEL_FILES.record);
  if (existsSync(path)) return readDocument(path);
  throw new InvalidModelError(
    {path: directory},
    `${directory} holds no exported model: there is no ${MODEL_FILES.record}. ${remedyFor(directory)}`,
  );
}

const formatValue = (value: unknown): string =>
  (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'none')).slice(0, 100);

/** @throws InvalidModelError for a record of another schema version */
export function checkVersion(directory: string, document: unknown): void {
  const {schemaVersion, createdBy} = Object(document) as Partial<ModelRecord>;
  if (schemaVersion === SCHEMA_VERSION) return;
  const maker =
    typeof createdBy === 'string'
      ? `${formatValue(createdBy)}, which made it`
      : 'the finetune that made it';
  throw new InvalidModelError(
    {path: directory},
    `The schema version of the exported model in ${directory} is ${formatValue(schemaVersion)}; this finetune reads ${SCHEMA_VERSION}. Use ${maker}, or a later one.`,
  );
}

const mismatchError = (path: string, problem: string): InvalidModelError =>
  new InvalidModelError(
    {path},
    `${path} is not of one export with the files next to it: ${problem}. ${COPY_AGAIN}`,
  );

/** @throws InvalidModelError if `check` returns a problem or throws a SchemaError */
export function assertConsistent(path: string, check: () => string | undefined): void {
  try {
    const problem = check();
    if (problem !== undefined) throw mismatchError(path, problem);
  } catch (cause) {
    if (!(cause instanceof SchemaError)) throw cause;
    throw new InvalidModelError({path, cause}, `${cause.message} ${COPY_AGAIN}`);
  }
}

/** Files that web pages load, and Node does not. They are half of an exported model. */
const isWebFile = (name: string): boolean => name === MODEL_FILES.model || SHARD_NAME.test(name);

/** Whether an exported model has files for web pages. A copy for a service may lack them. */
const hasWebFiles = (directory: string, {files}: ModelRecord): boolean =>
  Object.keys(files).some(name => isWebFile(name) && existsSync(join(directory, name)));

/** @throws InvalidModelError for an exported model that no web page can load */
export function assertWebFiles(directory: string, record: ModelRecord): void {
  if (hasWebFiles(directory, record)) return;
  throw new InvalidModelError(
    {path: directory},
    `${directory} lacks ${MODEL_FILES.model} and its shards, which web pages load. Give the whole folder that was exported.`,
  );
}

/**
 * Reads the record of an exported model and checks that the model is complete. Every file used for inference must exist and be unchanged,
 * and all descriptions of the network must agree. The files for web pages may be left out, all together. `loadModel` checks the values of
 * the weights.
 */
export async function readModelRecord(directory: string): Promise<ModelRecord> {
  const [path, modelPath] = [
    join(directory, MODEL_FILES.record),
    join(directory, MODEL_FILES.model),
  ];
  const document = await readRecordFile(directory);
  checkVersion(directory, document);
  assertConsistent(path, () =>
    findRecordProblem(validate<ModelRecord>(modelRecordSchema, document, path, 'first')),
  );
  const record = document as ModelRecord;
  const isForWeb = hasWebFiles(directory, record);
  for (const [name, file] of Object.entries(record.files))
    if (isForWeb || !isWebFile(name)) await checkFile(join(directory, name), file);
  if (isForWeb) {
    const model = await readDocument(modelPath);
    assertConsistent(modelPath, () => findModelJsonProblem(model, record, modelPath));
  }
  const companionProblem = await findCompanionFileProblem(directory, record);
  if (companionProblem !== undefined)
    throw mismatchError(companionProblem.file, companionProblem.found);
  return record;
}
