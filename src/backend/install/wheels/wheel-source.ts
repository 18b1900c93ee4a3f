import {existsSync, statSync} from 'node:fs';
import {copyFile, constants, mkdir, readdir} from 'node:fs/promises';
import {dirname, join, resolve} from 'node:path';
import {UsageError, throwIfAborted} from '../../../core/errors.js';
import {sha256} from '../../../core/files/sha256.js';
import type {StepReport} from '../install-progress.js';
import {isCudaFile, requiredFiles, tensorFlowLibraries} from './wheel.js';

/** Source given with `--from`: wheels to unpack, or an unpacked `tensorflow` directory, optionally with `nvidia` next to it. */
export type LocalSource =
  {readonly wheels: readonly [string, ...string[]]} | {readonly unpacked: string};

/**
 * Detects what the user gave: a wheel; a directory of wheels, TensorFlow's first, then NVIDIA's; `site-packages` or its `tensorflow`; or
 * any directory with the libraries and `include`.
 * @throws UsageError if it does not contain TensorFlow
 */
export async function inspectSource(from: string): Promise<LocalSource> {
  const path = resolve(from);
  if (!existsSync(path))
    throw new UsageError(
      `${path} (--from) does not exist. Give a TensorFlow wheel, or a folder with one.`,
    );
  if (statSync(path).isFile()) return {wheels: [path]};
  const wheels = (await readdir(path))
    .filter(name => /^(tensorflow|nvidia)[_-].*\.whl$/.test(name))
    .sort((a, b) => b.localeCompare(a));
  if (wheels[0]?.startsWith('tensorflow'))
    return {wheels: wheels.map(name => join(path, name)) as [string, ...string[]]};
  const unpacked = [path, join(path, 'tensorflow')].find(directory =>
    existsSync(join(directory, tensorFlowLibraries()[0]!)),
  );
  if (unpacked !== undefined) return {unpacked};
  throw new UsageError(
    `${path} (--from) holds neither a TensorFlow wheel nor ${tensorFlowLibraries()[0]}. Give another folder.`,
  );
}

/** Eight hexadecimal digits that depend on the paths, sizes and times of the libraries. */
export function fingerprintSource(source: LocalSource): string {
  const files =
    'wheels' in source
      ? source.wheels
      : tensorFlowLibraries().map(name => join(source.unpacked, name));
  const lines = files.map(file => {
    const {size, mtimeMs} = statSync(file);
    return `${file}\n${size}\n${mtimeMs}\n`;
  });
  return sha256(...lines).slice(0, 8);
}

/** Copies the files that a backend needs from an unpacked wheel. Blocks are shared if the file system supports it. */
export async function copyUnpackedWheel(
  unpacked: string,
  backendDirectory: string,
  report: StepReport,
  signal?: AbortSignal,
): Promise<void> {
  const siblingDirectory = dirname(unpacked);
  const tensorflowFiles = requiredFiles().map(
    name => [join(unpacked, name), join(backendDirectory, 'tensorflow', name)] as const,
  );
  const cudaFiles = (await listCudaFiles(siblingDirectory)).map(
    name => [join(siblingDirectory, name), join(backendDirectory, name)] as const,
  );
  let bytes = 0;
  for (const [source, target] of [...tensorflowFiles, ...cudaFiles]) {
    throwIfAborted(signal);
    if (!existsSync(source))
      throw new UsageError(`${source} (--from) does not exist. Give a complete TensorFlow.`);
    await mkdir(dirname(target), {recursive: true});
    await copyFile(source, target, constants.COPYFILE_FICLONE);
    report((bytes += statSync(target).size), null);
  }
}

async function listCudaFiles(directory: string): Promise<string[]> {
  if (!existsSync(join(directory, 'nvidia'))) return [];
  return (await readdir(join(directory, 'nvidia'), {recursive: true}))
    .map(name => `nvidia/${name}`)
    .filter(isCudaFile);
}
