import {stat} from 'node:fs/promises';
import {join} from 'node:path';
import {sha256, sha256File} from '../core/files/sha256.js';
import type {ModelRecord, FileRecord} from './model-record.js';

const hashFile = async (path: string): Promise<FileRecord> => ({
  bytes: (await stat(path)).size,
  sha256: await sha256File(path),
});

/**
 * @param model names of model.json and its shards, in order
 * @param otherFiles names of further files that are computed with
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
