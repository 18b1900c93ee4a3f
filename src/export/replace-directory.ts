import {existsSync} from 'node:fs';
import {readdir, rename, rm} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {defineError, UsageError} from '../core/errors.js';
import {isModelFile} from './formats/exporters.js';
import {ENSEMBLE_FILES, MODEL_FILES, WEB_DIRECTORY} from './record/file-names.js';
import {findForeignWebFile} from './web/web-page.js';

/** A directory exists that is not an exported model, so finetune does not replace it. */
export class OutputExistsError extends defineError(
  UsageError,
  'OUTPUT_EXISTS',
  ({directory, found}: {directory: string; found: string}) =>
    `${directory} is not an exported model that may be replaced: found ${found}. Move it away, or give another directory.`,
) {}

/** Names in a directory; empty if the directory does not exist. */
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

/** Files of a kind of export. */
export interface ExportFiles {
  /** File that every export of the kind has. */
  readonly record: string;
  readonly isFile: (name: string) => boolean;
}

const MODEL_EXPORT: ExportFiles = {
  record: MODEL_FILES.record,
  isFile: name => name === WEB_DIRECTORY || isModelFile(name),
};
/** Names that the folder of an ensemble may hold. */
const ENSEMBLE_NAMES: readonly string[] = [
  ...Object.values(ENSEMBLE_FILES),
  MODEL_FILES.card,
  MODEL_FILES.labels,
  MODEL_FILES.metadata,
  WEB_DIRECTORY,
];
const ENSEMBLE_EXPORT: ExportFiles = {
  record: ENSEMBLE_FILES.record,
  isFile: name => ENSEMBLE_NAMES.includes(name),
};

/**
 * Checks that a directory may be replaced: it is empty, or an export of one of these kinds without files added by the user. Leftovers of a
 * killed export (`.unfinished`) are ignored. @throws OutputExistsError
 */
export async function assertReplaceable(
  target: string,
  kinds: readonly ExportFiles[] = [MODEL_EXPORT, ENSEMBLE_EXPORT],
): Promise<void> {
  const names = (await listEntries(target)).filter(name => !name.endsWith('.unfinished'));
  const kind = kinds.find(({record}) => names.includes(record));
  const foreign =
    kind === undefined
      ? (names.find(name => kinds.every(({isFile}) => !isFile(name))) ?? names[0])
      : (names.find(name => !kind.isFile(name)) ?? (await findForeignWebFile(target, kind.record)));
  if (foreign !== undefined) throw new OutputExistsError({directory: target, found: foreign});
}

const backupPathOf = (target: string): string =>
  join(dirname(target), `.${basename(target)}.replaced`);

/** Recovers from a kill during `replaceDirectory`: restores the old directory, or removes it if the new one is in place. */
export async function recoverDirectory(target: string): Promise<void> {
  const old = backupPathOf(target);
  if (!existsSync(old)) return;
  if ((await listEntries(target)).length === 0) await rename(old, target);
  else await rm(old, {recursive: true, force: true});
}

/** Replaces a directory by a finished one. On failure the old directory is restored. */
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
