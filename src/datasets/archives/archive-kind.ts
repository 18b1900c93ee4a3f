import {basename} from 'node:path';
import {readHead} from '../read-bytes.js';

/** Archives that are read. */
export type ArchiveKind = 'zip' | 'tar';

/** Others, and what unpacks them. */
const UNREAD = [
  [/^Rar!\x1a\x07/, 'RAR', 'unrar x'],
  [/^7z\xbc\xaf\x27\x1c/, '7z', '7z x'],
  [/^\xfd7zXZ\0/, 'xz', 'tar -xJf'],
  [/^\x28\xb5\x2f\xfd/, 'Zstandard', 'tar --zstd -xf'],
  [/^BZh[1-9]/, 'bzip2', 'tar -xjf'],
  [/^\x04\x22\x4d\x18/, 'LZ4', 'lz4 -d'],
] as const;

const HEAD_BYTES = 512;
const [TAR_MARK, TAR_MARK_AT] = ['ustar', 257];
const ZIP = /^PK(?:\x03\x04|\x05\x06|\x07\x08|00PK)/;
const GZIP = /^\x1f\x8b/;
const EXTENSION = /\.(?:zip|tar|tgz|tar\.gz|taz)$/i;

/** What a file is by its first bytes: an archive that is read, one that is not, or none. */
export type FoundKind = ArchiveKind | {readonly name: string; readonly command: string} | undefined;

export async function archiveKind(path: string): Promise<FoundKind> {
  const head = (await readHead(path, HEAD_BYTES)).toString('latin1');
  if (ZIP.test(head)) return 'zip';
  // The oldest tar archives have no mark: their names must do.
  if (GZIP.test(head) || head.startsWith(TAR_MARK, TAR_MARK_AT) || /\.tar$/i.test(path)) return 'tar';
  const unread = UNREAD.find(([signature]) => signature.test(head));
  if (unread !== undefined) return {name: unread[1], command: unread[2]};
  return /\.zip$/i.test(path) ? 'zip' : undefined;
}

/** `pets` of `/data/pets.tar.gz`. */
export const archiveStem = (path: string): string => basename(path).replace(EXTENSION, '') || 'archive';

/** Whether an entry's name promises another archive. */
export const isNamedAsArchive = (name: string): boolean => /\.(?:zip|tar|tgz|rar|7z|(?:tar\.)?(?:gz|bz2|xz|zst))$/i.test(name);
