import {stat} from 'node:fs/promises';
import {join} from 'node:path';
import {sha256, sha256File} from '../../core/files/sha256.js';
import {COPY_AGAIN, InvalidModelError} from './invalid-model-error.js';
import type {ModelRecord, FileRecord} from './model-record.js';

/** Size and SHA-256 of a file. */
export const hashFile = async (path: string): Promise<FileRecord> => ({
  bytes: (await stat(path)).size,
  sha256: await sha256File(path),
});

/**
 * Hashes the files of an exported model.
 * @param model names of model.json and its shards, in order
 * @param otherFiles names of further files that are used for inference
 */
export async function hashFiles(
  directory: string,
  model: readonly string[],
  otherFiles: readonly string[],
): Promise<Pick<ModelRecord, 'files' | 'contentHash'>> {
  const files: Record<string, FileRecord> = {};
  for (const name of [...model, ...otherFiles]) files[name] = await hashFile(join(directory, name));
  const lines = model.map(name => `${files[name]!.sha256}\n`).join('');
  return {files, contentHash: sha256(lines)};
}

/**
 * Checks the size and hash of a file. The size is checked first, before the file is read.
 * @throws InvalidModelError if the file is missing or has changed since the export
 */
export async function checkFile(path: string, {bytes, sha256}: FileRecord): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile())
    throw new InvalidModelError({path}, `${path} does not exist. ${COPY_AGAIN}`);
  if (found.size !== bytes)
    throw new InvalidModelError(
      {path},
      `${path} has ${found.size} bytes instead of ${bytes}. ${COPY_AGAIN}`,
    );
  const hash = await sha256File(path);
  if (hash !== sha256) {
    throw new InvalidModelError(
      {path},
      `${path} has changed since the export (sha256 ${hash.slice(0, 8)}... instead of ${sha256.slice(0, 8)}...). ${COPY_AGAIN}`,
    );
  }
}
