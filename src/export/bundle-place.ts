import {existsSync} from 'node:fs';
import {readdir, rename, rm} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {UsageError} from '../core/errors.js';
import {BUNDLE_FILES, isBundleFile} from './bundle-record.js';

/** Something in the way of a bundle that is not finetune's to replace. */
export class BundlePlaceError extends UsageError {
  override readonly name = 'BundlePlaceError';
  override readonly code = 'BUNDLE_PLACE_TAKEN';

  constructor(
    readonly directory: string,
    readonly found: string,
  ) {
    super(`Expected nothing, or an older bundle to replace, in ${directory}, but found ${found}. Move it away, or give another directory.`);
  }
}

/** Names in a directory; none where there is no directory. */
async function list(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    if (code === 'ENOTDIR') throw new BundlePlaceError(directory, 'a file');
    throw error;
  }
}

/** Only an older bundle that nobody has put anything into is ever replaced; what a kill has left beside its place is ours. @throws BundlePlaceError */
export async function assertReplaceable(place: string): Promise<void> {
  const names = (await list(place)).filter(name => !name.endsWith('.unfinished'));
  const foreign = names.find(name => !isBundleFile(name)) ?? (names.includes(BUNDLE_FILES.record) ? undefined : names[0]);
  if (foreign !== undefined) throw new BundlePlaceError(place, foreign);
}

const oldOf = (place: string): string => join(dirname(place), `.${basename(place)}.replaced`);

/** Ends what a kill came into between the two renames of `moveIntoPlace`: what was there is there again. */
export async function recoverPlace(place: string): Promise<void> {
  const old = oldOf(place);
  if (!existsSync(old)) return;
  if ((await list(place)).length === 0) await rename(old, place);
  else await rm(old, {recursive: true, force: true});
}

/** Puts a finished directory in the place of what is there now. Where that fails, what was there is there again. */
export async function moveIntoPlace(fresh: string, place: string): Promise<void> {
  const old = oldOf(place);
  const replaces = (await list(place)).length > 0;
  if (replaces) await rename(place, old);
  try {
    await rename(fresh, place);
  } catch (error) {
    if (replaces) await rename(old, place);
    throw error;
  }
  await rm(old, {recursive: true, force: true});
}
