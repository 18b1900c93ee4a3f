import {readFile, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import {errorMessage} from '../../core/errors.js';
import {readJsonFile} from '../../core/files/json-file.js';
import {MODEL_FILES} from './file-names.js';
import {type ModelRecord} from './model-record.js';

const MAX_BYTES = 64_000_000;

/** A file next to the model that contradicts it. */
export interface FileProblem {
  readonly file: string;
  /** Description of what was found, for the error message. */
  readonly found: string;
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function findMetadataProblem(
  path: string,
  {classes, preprocessing}: ModelRecord,
): Promise<string | undefined> {
  try {
    const {classNames = classes, inputSize = preprocessing.cropSize} = Object(
      await readJsonFile(path, MAX_BYTES),
    ) as Record<string, unknown>;
    return isDeepStrictEqual([classNames, inputSize], [classes, preprocessing.cropSize])
      ? undefined
      : 'other classes or another size';
  } catch (error) {
    return `no JSON (${errorMessage(error)})`;
  }
}

async function findLabelsProblem(
  path: string,
  {classes}: ModelRecord,
): Promise<string | undefined> {
  const found = await stat(path);
  if (!found.isFile() || found.size > MAX_BYTES) return 'no list of names';
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n').length;
  return lines === classes.length ? undefined : `${lines} names for ${classes.length} classes`;
}

/**
 * Checks `metadata.json` and `labels.txt`, which web pages rely on. Either may be missing, and class names may be translated, but the files
 * must belong to this model.
 */
export async function findCompanionFileProblem(
  directory: string,
  record: ModelRecord,
): Promise<FileProblem | undefined> {
  const checks = [
    [MODEL_FILES.metadata, findMetadataProblem],
    [MODEL_FILES.labels, findLabelsProblem],
  ] as const;
  for (const [file, findProblem] of checks) {
    const path = join(directory, file);
    const found = (await exists(path)) ? await findProblem(path, record) : undefined;
    if (found !== undefined) return {file: path, found};
  }
  return undefined;
}
