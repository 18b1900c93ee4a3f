import {constants, existsSync} from 'node:fs';
import {chmod, copyFile, mkdir, readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {defineError, FinetuneError} from '../../core/errors.js';
import {findBrowserScripts} from '../../backend/browser-scripts.js';
import {checkFile, hashFile} from '../record/file-hashes.js';
import {readDocument} from '../record/read-model-record.js';
import {WEB_DIRECTORY} from '../record/file-names.js';
import type {FileRecord} from '../record/model-record.js';

// From dist/src/export/web/ to the package root.
const packageFile = (path: string): string =>
  fileURLToPath(new URL(`../../../../${path}`, import.meta.url));

/** Files of the web page by the names that they have in its folder. TensorFlow.js is under the license of this package. */
const PAGE_FILES = {
  'index.html': 'templates/web/index.html',
  'style.css': 'templates/web/style.css',
  'page.js': 'dist/web/page.js',
  'inference.js': 'dist/web/inference.js',
  LICENSE: 'LICENSE',
} as const;

/** Paths of the files in the folder of a web page, by name. The page is the same for every model. */
export const findWebFiles = (): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(
    Object.entries(PAGE_FILES).map(([name, path]) => [name, packageFile(path)]),
  ),
  ...findBrowserScripts(),
});

/** Sizes and hashes of the files of a web page, by name. */
export type WebRecord = Readonly<Record<string, FileRecord>>;

/** This package lacks a file of its own, as a clone does before it is built. */
export class PackageIncompleteError extends defineError(
  FinetuneError,
  'PACKAGE_INCOMPLETE',
  ({path}: {path: string}) =>
    `The web page cannot be written: ${path} does not exist. In a clone, run npm run build; elsewhere, install the package again.`,
) {}

/**
 * Writes the web page of a model or an ensemble into its folder. The files share their blocks where the file system can.
 * @param files paths of the files by name
 * @throws PackageIncompleteError
 */
export async function writeWebPage(directory: string, files = findWebFiles()): Promise<WebRecord> {
  const folder = join(directory, WEB_DIRECTORY);
  await mkdir(folder, {recursive: true});
  const record: Record<string, FileRecord> = {};
  for (const [name, path] of Object.entries(files)) {
    if (!existsSync(path)) throw new PackageIncompleteError({path});
    await copyFile(path, join(folder, name), constants.COPYFILE_FICLONE);
    // npm marks some scripts as programs.
    await chmod(join(folder, name), 0o644);
    record[name] = await hashFile(path);
  }
  return record;
}

/** Checks that the files of a web page are those of its record. @throws InvalidModelError */
export async function checkWebPage(directory: string, record: WebRecord): Promise<void> {
  for (const [name, file] of Object.entries(record))
    await checkFile(join(directory, WEB_DIRECTORY, name), file);
}

/**
 * Names of the files of a web page by the record of its model, since another version may have written other ones. With a damaged record,
 * those of this version.
 */
async function readWebNames(recordPath: string): Promise<string[]> {
  const record = await readDocument(recordPath).catch(() => ({web: findWebFiles()}));
  const {web = {}} = (record ?? {}) as {web?: object};
  return Object.keys(web);
}

/**
 * The first file in the folder of a web page that is not one of the page.
 * @param record name of the record in the directory
 */
export async function findForeignWebFile(
  directory: string,
  record: string,
): Promise<string | undefined> {
  const names = await readdir(join(directory, WEB_DIRECTORY)).catch(() => []);
  const known = await readWebNames(join(directory, record));
  return names.find(name => !known.includes(name));
}
