import {open, readdir} from 'node:fs/promises';
import {join} from 'node:path';

/** Files that are open at a time. */
const MAX_OPEN_FILES = 32;

/** File systems that cannot flush a directory by itself say so, and Windows does not open one. */
const UNSUPPORTED_ERRORS = ['EINVAL', 'EISDIR', 'EPERM', 'EACCES', 'ENOTSUP'];

async function flushPath(path: string): Promise<void> {
  const file = await open(path);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Waits until the entries of a directory are on the disk: what was renamed into it stays there when the power fails. */
export async function flushDirectory(path: string): Promise<void> {
  await flushPath(path).catch((error: NodeJS.ErrnoException) => {
    if (!UNSUPPORTED_ERRORS.includes(error.code ?? '')) throw error;
  });
}

/** Waits until everything in a directory is on the disk, so that renaming it cannot come to last longer than its contents. */
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
