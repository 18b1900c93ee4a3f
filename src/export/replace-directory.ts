import {existsSync} from 'node:fs';
import {readdir, rename, rm} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {defineError, UsageError} from '../core/errors.js';
import {isModelFile} from './formats/exporters.js';
import {MODEL_FILES} from './record/file-names.js';

/** Something in the way of an exported model that is not finetune's to replace. */
export class OutputExistsError extends defineError(
  UsageError,
  'OUTPUT_EXISTS',
  ({directory, found}: {directory: string; found: string}) =>
    `${directory} is not an exported model that may be replaced: found ${found}. Move it away, or give another directory.`,
) {}

/** Names in a directory; none where there is no directory. */
async function listEntries(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    if (code === 'ENOTDIR') throw new OutputExistsError({directory, found: 'a file'});
    throw error;
  }
}

/** Only an older exported model that nobody has put anything into is ever replaced; what a kill has left next to its place is ours. @throws OutputExistsError */
export async function assertReplaceable(target: string): Promise<void> {
  const names = (await listEntries(target)).filter(name => !name.endsWith('.unfinished'));
  const foreign =
    names.find(name => !isModelFile(name)) ??
    (names.includes(MODEL_FILES.record) ? undefined : names[0]);
  if (foreign !== undefined) throw new OutputExistsError({directory: target, found: foreign});
}

const backupPathOf = (target: string): string =>
  join(dirname(target), `.${basename(target)}.replaced`);

/** Ends what a kill came into between the two renames of `moveIntoPlace`: what was there is there again. */
export async function recoverDirectory(target: string): Promise<void> {
  const old = backupPathOf(target);
  if (!existsSync(old)) return;
  if ((await listEntries(target)).length === 0) await rename(old, target);
  else await rm(old, {recursive: true, force: true});
}

/** Puts a finished directory in the place of what is there now. Where that fails, what was there is there again. */
export async function replaceDirectory(fresh: string, target: string): Promise<void> {
  const old = backupPathOf(target);
  const replaces = (await listEntries(target)).length > 0;
  if (replaces) await rename(target, old);
  try {
    await rename(fresh, target);
  } catch (error) {
    if (replaces) await rename(old, target);
    throw error;
  }
  await rm(old, {recursive: true, force: true});
}
