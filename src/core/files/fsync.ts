import {open, readdir} from 'node:fs/promises';
import {join} from 'node:path';

/** Maximum number of files open concurrently. */
const MAX_OPEN_FILES = 32;

/** Errors of systems that cannot flush a directory. Windows cannot open one. */
const UNSUPPORTED_ERRORS = ['EINVAL', 'EISDIR', 'EPERM', 'EACCES', 'ENOTSUP'];

async function flushPath(path: string): Promise<void> {
  const file = await open(path);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Flushes the entries of a directory to disk, so that a rename into it survives a power failure. */
export async function flushDirectory(path: string): Promise<void> {
  await flushPath(path).catch((error: NodeJS.ErrnoException) => {
    if (!UNSUPPORTED_ERRORS.includes(error.code ?? '')) throw error;
  });
}

/** Flushes all files and folders in a directory to disk, so that a rename of the directory never outlives its contents. */
export async function flushTree(directory: string): Promise<void> {
  const entries = await readdir(directory, {recursive: true, withFileTypes: true});
  const pathOf = ({parentPath, name}: {parentPath: string; name: string}): string =>
    join(parentPath, name);
  const files = entries.filter(entry => entry.isFile()).map(pathOf);
  for (let start = 0; start < files.length; start += MAX_OPEN_FILES)
    await Promise.all(files.slice(start, start + MAX_OPEN_FILES).map(flushPath));
  for (const folder of entries.filter(entry => entry.isDirectory()).map(pathOf))
    await flushDirectory(folder);
  await flushDirectory(directory);
}
