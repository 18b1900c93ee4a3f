import {mkdir} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {AbortedError} from '../../core/errors.js';
import {ZipArchive, ZipError, type ZipEntry} from '../../core/zip.js';
import {cutOff, strange, ArchiveError} from './archive-error.js';
import type {EntryPlaces} from './entry-places.js';

/** How unpacking is watched. */
export interface Unpacking {
  readonly signal?: AbortSignal;
  /** Told how many bytes of how many are done. */
  readonly onBytes?: (done: number, total: number) => void;
}

const [LINK, FILE, FOLDER, UNTOLD] = [0o12, 0o10, 0o4, 0];

const utf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});

/** macOS writes names in UTF-8 and forgets to say so; hardly any text of another code is valid UTF-8. */
function nameOf(usual: string, bytes: Buffer, isUtf8: boolean): string {
  if (isUtf8 || bytes.every(byte => byte < 128)) return usual;
  try {
    return utf8.decode(bytes).replaceAll('\\', '/');
  } catch {
    return usual;
  }
}

function check(path: string, {name, isEncrypted, isKnown, unixKind}: ZipEntry): void {
  if (isEncrypted) throw new ArchiveError(path, `${path} is encrypted (${name}). Unpack it with its password, and give the folder.`);
  if (unixKind === LINK) throw strange(path, `has a link, ${name}`);
  if (![FILE, FOLDER, UNTOLD].includes(unixKind)) throw strange(path, `has an entry that is neither a file nor a folder, ${name}`);
  if (!isKnown) throw strange(path, `compresses ${name} in a way that is not supported`);
}

/** Unpacks a zip archive after a look at all of its names. @throws ArchiveError, AbortedError */
export async function unpackZip(path: string, folder: string, places: EntryPlaces, {signal, onBytes}: Unpacking): Promise<string[]> {
  let zip: ZipArchive | undefined;
  try {
    zip = await ZipArchive.open(path, nameOf);
    const wanted = zip.listed.flatMap(entry => {
      check(path, entry);
      const place = places.place(entry.name, entry.name.endsWith('/'), entry.size);
      return place === undefined ? [] : [{...entry, place}];
    });
    const total = wanted.reduce((sum, {size}) => sum + size, 0);
    let done = 0;
    for (const {name, place, size} of wanted) {
      if (signal?.aborted) throw new AbortedError();
      const to = join(folder, place);
      await mkdir(name.endsWith('/') ? to : dirname(to), {recursive: true});
      if (!name.endsWith('/')) await zip.extract(name, to);
      onBytes?.((done += size), total);
    }
    return wanted.map(({place}) => place);
  } catch (error) {
    throw error instanceof ZipError ? cutOff(path, error) : error;
  } finally {
    zip?.close();
  }
}
