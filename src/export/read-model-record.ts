import {existsSync} from 'node:fs';
import {stat} from 'node:fs/promises';
import {join} from 'node:path';
import {isUrl, explainUrlNotDownloaded} from '../core/text/url.js';
import {sha256File} from '../core/files/sha256.js';
import {errorMessage} from '../core/errors.js';
import {readJsonFile} from '../core/files/json-file.js';
import {redactUrl} from '../core/text/redact-url.js';
import {shellQuote} from '../core/text/shell-quote.js';
import {SchemaError, validate} from '../core/schema.js';
import {findCompanionFileProblem} from './companion-files.js';
import {InvalidModelError, COPY_AGAIN} from './invalid-model-error.js';
import {
  MODEL_FILES,
  modelRecordSchema,
  SCHEMA_VERSION,
  type ModelRecord,
  type FileRecord,
} from './model-record.js';
import {findModelJsonProblem} from './tfjs/model-json.js';
import {findRecordProblem} from './record-problems.js';

export {InvalidModelError} from './invalid-model-error.js';

/** Of finetune.json and of model.json: the confusion matrix of a thousand classes takes a fifth of that. */
const MAX_JSON_BYTES = 64_000_000;

/** Where an exported model lies: the directory itself, or `model` in it where that is a run; undefined where there is none. */
export const modelDirectory = (directory: string): string | undefined =>
  [directory, join(directory, 'model')].find(candidate =>
    existsSync(join(candidate, MODEL_FILES.record)),
  );

const HINT = 'Give the directory of a finished run, or the model folder in it.';

/** What to do with a word that is no directory on this machine. */
async function assertDirectory(directory: string): Promise<void> {
  if (isUrl(directory))
    throw new InvalidModelError(
      redactUrl(directory),
      explainUrlNotDownloaded(directory, 'a model'),
    );
  const found = await stat(directory).catch(() => undefined);
  if (found === undefined || found.isDirectory()) return;
  const isArchive = /\.(?:zip|tar|tgz|tar\.gz|rar|7z|tar\.xz|tar\.zst)$/i.test(directory);
  const remedy = isArchive ? 'Unpack it, and give the model folder in it.' : HINT;
  throw new InvalidModelError(
    directory,
    `${directory} is ${isArchive ? 'an archive' : 'a file'}, and a model is a folder. ${remedy}`,
  );
}

/** @throws InvalidModelError for what is no JSON, too long or too deep */
async function readDocument(path: string): Promise<unknown> {
  try {
    return await readJsonFile(path, MAX_JSON_BYTES);
  } catch (cause) {
    throw new InvalidModelError(
      path,
      `Expected JSON in ${path}, but found something else (${errorMessage(cause)}). ${COPY_AGAIN}`,
      {cause},
    );
  }
}

/** What to do about a directory without a model. */
function remedyFor(directory: string): string {
  if (existsSync(join(directory, 'checkpoints', 'best')))
    return `Make it from the run's weights: finetune export ${shellQuote(directory)}`;
  if (existsSync(join(directory, 'folds.json')))
    return `Give a run of the cross-validation, such as ${shellQuote(join(directory, 'fold-1'))}`;
  return existsSync(join(directory, 'recipe.json'))
    ? `The run has not ended. Go on with it: finetune --resume ${shellQuote(directory)}`
    : HINT;
}

async function readRecordFile(directory: string): Promise<unknown> {
  await assertDirectory(directory);
  const path = join(directory, MODEL_FILES.record);
  if (existsSync(path)) return readDocument(path);
  throw new InvalidModelError(
    directory,
    `Expected an exported model in ${directory}, but found no ${MODEL_FILES.record}. ${remedyFor(directory)}`,
  );
}

const formatValue = (value: unknown): string =>
  (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'none')).slice(0, 100);

function checkVersion(directory: string, document: unknown): void {
  const {schemaVersion, createdBy} = Object(document) as Partial<ModelRecord>;
  if (schemaVersion === SCHEMA_VERSION) return;
  const maker =
    typeof createdBy === 'string'
      ? `${formatValue(createdBy)}, which made it`
      : 'the finetune that made it';
  throw new InvalidModelError(
    directory,
    `Expected schema version ${SCHEMA_VERSION} of the exported model in ${directory}, but found ${formatValue(schemaVersion)}. Use ${maker}, or a later one.`,
  );
}

const mismatchError = (path: string, problem: string): InvalidModelError =>
  new InvalidModelError(
    path,
    `${path} is not of one export with the files beside it: found ${problem}. ${COPY_AGAIN}`,
  );

/** @throws InvalidModelError where `check` finds a fault, or a schema that is not followed */
function assertConsistent(path: string, check: () => string | undefined): void {
  try {
    const problem = check();
    if (problem !== undefined) throw mismatchError(path, problem);
  } catch (cause) {
    if (!(cause instanceof SchemaError)) throw cause;
    throw new InvalidModelError(path, `${cause.message} ${COPY_AGAIN}`, {cause});
  }
}

/** Nothing is read of a file before it has the size that it must have. */
async function checkFile(path: string, {bytes, sha256}: FileRecord): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile())
    throw new InvalidModelError(path, `Expected ${path}, but found no such file. ${COPY_AGAIN}`);
  if (found.size !== bytes)
    throw new InvalidModelError(
      path,
      `Expected ${bytes} bytes in ${path}, but found ${found.size}. ${COPY_AGAIN}`,
    );
  const hash = await sha256File(path);
  if (hash !== sha256) {
    throw new InvalidModelError(
      path,
      `Expected the contents that were exported (sha256 ${sha256.slice(0, 8)}...) in ${path}, but found others (${hash.slice(0, 8)}...). ${COPY_AGAIN}`,
    );
  }
}

/**
 * Reads what an exported model says of itself, and checks that it is whole: every file that is computed with is there and unchanged, and all that the
 * files say of the network agrees. What is not checked here, the numbers, `loadModel` checks.
 * @throws InvalidModelError
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
  for (const [name, file] of Object.entries(record.files))
    await checkFile(join(directory, name), file);
  const model = await readDocument(modelPath);
  assertConsistent(modelPath, () => findModelJsonProblem(model, record, modelPath));
  const companionProblem = await findCompanionFileProblem(directory, record);
  if (companionProblem !== undefined)
    throw mismatchError(companionProblem.file, companionProblem.found);
  return record;
}
