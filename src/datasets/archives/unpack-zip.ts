import {mkdir} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {throwIfAborted} from '../../core/errors.js';
import {ZipArchive, ZipError, type ZipEntry} from '../../core/files/zip.js';
import {corruptArchiveError, unsafeArchiveError, ArchiveError} from './archive-error.js';
import type {EntryTargets} from './entry-paths.js';

/** Progress and cancellation of unpacking. */
export interface UnpackOptions {
  readonly signal?: AbortSignal;
  /** Called with the number of bytes processed and the total. */
  readonly onBytes?: (bytesDone: number, total: number) => void;
}

const [LINK, FILE, FOLDER, UNSPECIFIED] = [0o12, 0o10, 0o4, 0];

const utf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});

/** Decodes an entry's name. macOS writes UTF-8 without setting the flag; text in another encoding is hardly ever valid UTF-8. */
function decodeEntryName(decodedName: string, bytes: Buffer, isUtf8: boolean): string {
  if (isUtf8 || bytes.every(byte => byte < 128)) return decodedName;
  try {
    return utf8.decode(bytes).replaceAll('\\', '/');
  } catch {
    return decodedName;
  }
}

function assertSupported(
  path: string,
  {name, isEncrypted, isSupported: isKnown, unixFileType: unixKind}: ZipEntry,
): void {
  if (isEncrypted)
    throw new ArchiveError(
      {path},
      `${path} is encrypted (${name}). Unpack it with its password, and give the folder.`,
    );
  if (unixKind === LINK) throw unsafeArchiveError(path, `has a link, ${name}`);
  if (![FILE, FOLDER, UNSPECIFIED].includes(unixKind))
    throw unsafeArchiveError(path, `has an entry that is neither a file nor a folder, ${name}`);
  if (!isKnown) throw unsafeArchiveError(path, `compresses ${name} in a way that is not supported`);
}

/** Unpacks a zip archive after checking all entry names. @throws ArchiveError, AbortedError */
export async function unpackZip(
  path: string,
  folder: string,
  targets: EntryTargets,
  {signal, onBytes}: UnpackOptions,
): Promise<string[]> {
  let zip: ZipArchive | undefined;
  try {
    zip = await ZipArchive.open(path, decodeEntryName);
    const entries = zip.allEntries.flatMap(entry => {
      assertSupported(path, entry);
      const target = targets.target(entry.name, entry.name.endsWith('/'), entry.size);
      return target === undefined ? [] : [{...entry, place: target}];
    });
    const total = entries.reduce((sum, {size}) => sum + size, 0);
    let bytesDone = 0;
    for (const {name, place: target, size} of entries) {
      throwIfAborted(signal);
      const outputPath = join(folder, target);
      await mkdir(name.endsWith('/') ? outputPath : dirname(outputPath), {recursive: true});
      if (!name.endsWith('/')) await zip.extract(name, outputPath);
      onBytes?.((bytesDone += size), total);
    }
    return entries.map(({place: target}) => target);
  } catch (error) {
    throw error instanceof ZipError ? corruptArchiveError(path, error) : error;
  } finally {
    zip?.close();
  }
}
