import {stat} from 'node:fs/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import {UsageError} from '../../../core/errors.js';
import {NoImagesFoundError, findImages} from '../../../datasets/discovery/find-images.js';

/** Minimum time between two scans of the folder. */
const INTERVAL_MS = 500;
/** A scan may take at most this fraction of the time. */
const MAX_SHARE = 0.1;

/** Size and time of change of a file; undefined if it is gone. */
const stateOf = async (path: string): Promise<string | undefined> =>
  stat(path).then(
    ({size, mtimeMs}) => `${size} ${mtimeMs}`,
    () => undefined,
  );

const listImages = async (folder: string, signal: AbortSignal): Promise<readonly string[]> => {
  try {
    return (await findImages([folder], {signal})).images;
  } catch (error) {
    // An empty folder is what one starts with.
    if (error instanceof NoImagesFoundError) return [];
    throw error;
  }
};

/** @throws UsageError (exit 2) if there is no such folder */
export async function assertFolder(folder: string): Promise<void> {
  const isFolder = await stat(folder).then(
    status => status.isDirectory(),
    () => false,
  );
  if (!isFolder)
    throw new UsageError(`${folder} (--watch) is not a folder. Create it, or give another one.`);
}

/**
 * Watches a folder for images that are new or have changed. A file is given out once it is unchanged between two scans, so that it is complete.
 * Scanning works on every file system, unlike notifications.
 *
 * @param onImages called with the paths of complete images, one call after another
 * @returns when the signal fires
 */
export async function watchFolder(
  folder: string,
  onImages: (paths: readonly string[]) => Promise<void>,
  signal: AbortSignal,
  intervalMs = INTERVAL_MS,
): Promise<void> {
  const done = new Map<string, string>();
  for (const path of await listImages(folder, signal)) done.set(path, (await stateOf(path)) ?? '');
  let growing = new Map<string, string>();
  while (!signal.aborted) {
    const start = performance.now();
    const seen = new Map<string, string>();
    const complete: string[] = [];
    for (const path of await listImages(folder, signal).catch(() => [])) {
      const state = await stateOf(path);
      if (state === undefined || done.get(path) === state) continue;
      if (growing.get(path) === state) {
        done.set(path, state);
        complete.push(path);
      } else seen.set(path, state);
    }
    growing = seen;
    const scanMs = performance.now() - start;
    if (complete.length > 0) await onImages(complete);
    await sleep(Math.max(intervalMs, scanMs / MAX_SHARE), undefined, {signal}).catch(() => {});
  }
}
