import {readFile, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';

/** A name without the characters that some system does not allow in names of files and folders. */
export const toPortableName = (name: string): string => {
  const portable = name.replace(/[\u0000-\u001f<>:"/\\|?*]/g, '_').replace(/[. ]+$/, '');
  return portable === '' ? '_' : portable;
};

interface FileContent {
  /** Fails with EEXIST if there is a file already. */
  readonly create: (target: string) => Promise<void>;
  readonly isSame: (target: string) => Promise<boolean>;
}

/**
 * Writes a file into a folder: under a name of its own, or under one with a number if another file has it. Never overwrites. A file of
 * the same content that is there already stays as it is.
 * @returns the path
 */
export async function placeFile(
  folder: string,
  {stem, extension}: {readonly stem: string; readonly extension: string},
  {create, isSame}: FileContent,
): Promise<string> {
  for (let number = 1; ; number++) {
    const target = join(folder, `${stem}${number === 1 ? '' : `-${number}`}${extension}`);
    try {
      await create(target);
      return target;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (await isSame(target)) return target;
    }
  }
}

/** The content of a file that is in memory. */
export const contentOf = (bytes: Uint8Array): FileContent => ({
  create: target => writeFile(target, bytes, {flag: 'wx'}),
  isSame: async target => (await stat(target)).isFile() && (await readFile(target)).equals(bytes),
});
