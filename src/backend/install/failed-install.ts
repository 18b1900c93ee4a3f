import {readFileSync} from 'node:fs';
import {rm} from 'node:fs/promises';
import {join} from 'node:path';
import {writeFileAtomic} from '../../core/files/atomic-write.js';
import {BackendError} from '../backend-error.js';
import {ADDON_SOURCE_HASH} from './addon-source.js';
import {backendsDirectory, PLATFORM} from './backend-directory.js';
import {DISK_FULL} from './subprocess.js';
import {TENSORFLOW_VERSION} from './wheels/pinned-wheels.js';

/**
 * An installation that downloaded everything and then did not work on this machine. It would fail again, after another download, in every
 * run that may install.
 */
interface FailedInstall {
  /** What was installed; another version or compiler flag deserves another attempt. */
  readonly key: string;
  readonly message: string;
  /** ISO 8601 */
  readonly failedAt: string;
}

const recordPath = (cache: string, gpu: boolean): string =>
  join(backendsDirectory(cache), `failed-${gpu ? 'gpu' : 'cpu'}.json`);

const KEY = [TENSORFLOW_VERSION, PLATFORM, ADDON_SOURCE_HASH].join(' ');

function readFailedInstall(cache: string, gpu: boolean): FailedInstall | undefined {
  try {
    const record = JSON.parse(
      readFileSync(recordPath(cache, gpu), 'utf8'),
    ) as Partial<FailedInstall>;
    const {key, message = '', failedAt = ''} = record;
    return key === KEY ? {key, message, failedAt} : undefined;
  } catch {
    return undefined;
  }
}

/** Remembers that what was downloaded does not compile or compute here. Any other error may be gone the next time. */
export async function recordFailedInstall(
  error: unknown,
  cache: string,
  gpu: boolean,
): Promise<void> {
  if (!(error instanceof BackendError) || !['compile', 'test'].includes(error.step)) return;
  if (DISK_FULL.test(error.message)) return;
  const record: FailedInstall = {
    ...{key: KEY, message: error.message},
    failedAt: new Date().toISOString(),
  };
  const text = JSON.stringify(record, null, 2);
  await writeFileAtomic(recordPath(cache, gpu), text).catch(() => undefined);
}

export const forgetFailedInstall = (cache: string, gpu: boolean): Promise<void> =>
  rm(recordPath(cache, gpu), {force: true});

/** @throws BackendError if the same installation has failed here before */
export function assertMayWork(cache: string, gpu: boolean): void {
  const failed = readFailedInstall(cache, gpu);
  if (failed === undefined) return;
  throw new BackendError(
    {step: 'test'},
    `TensorFlow could not be installed here on ${failed.failedAt.slice(0, 10)}, so it is not downloaded again. ${failed.message} Try again: finetune backend install.`,
  );
}
