import {rm} from 'node:fs/promises';
import {basename} from 'node:path';
import {sha256File} from '../../../core/files/sha256.js';
import {BackendError} from '../../backend-error.js';
import {PINNED_WHEELS} from './pinned-wheels.js';

/**
 * Compares a downloaded wheel with the pinned hashes, before anything is read from it. The user configures pip's index.
 * @throws BackendError for another file, which is removed
 */
export async function verifyDownload(
  wheel: string,
  requirement: string,
  sha256: readonly string[],
): Promise<string> {
  const actualSha256 = await sha256File(wheel);
  if (sha256.includes(actualSha256)) return wheel;
  await rm(wheel);
  throw new BackendError(
    {step: 'download'},
    `pip brought another ${basename(wheel)} than PyPI publishes for ${requirement} (its sha256 is ${actualSha256}). It was removed, and nothing in it was run. ` +
      'Check which index pip uses (pip config list); to use a wheel of your own all the same, say finetune backend install --from FILE.',
  );
}

/** `tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl`. Who builds a wheel tags it `linux_x86_64`; PyPI refuses that tag. */
const PUBLISHED_NAME = /^(\w+)-([\d.]+)-\w+-\w+-(many|mac)\S+\.whl$/;

/** The accepted hashes of a wheel that bears the name of a pinned one. */
function hashesForName(fileName: string): readonly string[] | undefined {
  const [, name, version] = PUBLISHED_NAME.exec(fileName) ?? [];
  const release = Object.entries(PINNED_WHEELS).find(
    ([key]) => key.replaceAll('-', '_') === name,
  )?.[1];
  if (release === undefined || release.version !== version) return undefined;
  return Object.values(release.wheels).flatMap(({sha256}) => sha256);
}

/**
 * Compares a wheel given with `--from` with the pinned hashes, if it has the name of a published one. A damaged copy is then found before
 * anything is read from it. A wheel with another name is the user's own.
 * @throws BackendError for another file
 */
export async function verifyGivenWheel(wheel: string): Promise<void> {
  const hashes = hashesForName(basename(wheel));
  if (hashes === undefined) return;
  const actualSha256 = await sha256File(wheel);
  if (hashes.includes(actualSha256)) return;
  throw new BackendError(
    {step: 'unpack'},
    `${wheel} is not the file that PyPI publishes under this name (its sha256 is ${actualSha256}), so nothing in it was run. ` +
      'Download it again; if you built it yourself, give it the platform tag of a local build, such as linux_x86_64.',
  );
}
