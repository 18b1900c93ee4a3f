import {createHash} from 'node:crypto';
import {stat} from 'node:fs/promises';
import {join} from 'node:path';
import {sha256Of} from '../core/checksum.js';
import type {BundleRecord, FileRecord} from './bundle-record.js';

const describe = async (path: string): Promise<FileRecord> => ({bytes: (await stat(path)).size, sha256: await sha256Of(path)});

/**
 * @param model names of model.json and its shards, in order
 * @param others names of further files that are computed with
 */
export async function describeFiles(
  directory: string,
  model: readonly string[],
  others: readonly string[],
): Promise<Pick<BundleRecord, 'files' | 'contentHash'>> {
  const files: Record<string, FileRecord> = {};
  for (const name of [...model, ...others]) files[name] = await describe(join(directory, name));
  const lines = model.map(name => `${files[name]!.sha256}\n`).join('');
  return {files, contentHash: createHash('sha256').update(lines).digest('hex')};
}
