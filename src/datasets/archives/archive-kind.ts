import {basename} from 'node:path';
import {readHead} from '../images/read-bytes.js';

/** Supported archive formats. */
export type ArchiveKind = 'zip' | 'tar';

/** Unsupported archive formats, with the tools that unpack them. */
const UNSUPPORTED = [
  [/^Rar!\x1a\x07/, 'RAR', 'unrar x'],
  [/^7z\xbc\xaf\x27\x1c/, '7z', '7z x'],
  [/^\xfd7zXZ\0/, 'xz', 'tar -xJf'],
  [/^\x28\xb5\x2f\xfd/, 'Zstandard', 'tar --zstd -xf'],
  [/^BZh[1-9]/, 'bzip2', 'tar -xjf'],
  [/^\x04\x22\x4d\x18/, 'LZ4', 'lz4 -d'],
] as const;

const HEAD_BYTES = 512;
const [TAR_MAGIC, TAR_MAGIC_OFFSET] = ['ustar', 257];
const ZIP_SIGNATURE = /^PK(?:\x03\x04|\x05\x06|\x07\x08|00PK)/;
const GZIP_SIGNATURE = /^\x1f\x8b/;
const ARCHIVE_EXTENSION = /\.(?:zip|tar|tgz|tar\.gz|taz)$/i;

/** Result of checking a file's first bytes: a supported archive, an unsupported one, or no archive. */
export type DetectedArchive =
  ArchiveKind | {readonly name: string; readonly command: string} | undefined;

export async function detectArchive(path: string): Promise<DetectedArchive> {
  const head = (await readHead(path, HEAD_BYTES)).toString('latin1');
  if (ZIP_SIGNATURE.test(head)) return 'zip';
  // The oldest tar archives have no magic number, so the extension decides.
  if (
    GZIP_SIGNATURE.test(head) ||
    head.startsWith(TAR_MAGIC, TAR_MAGIC_OFFSET) ||
    /\.tar$/i.test(path)
  )
    return 'tar';
  const unsupported = UNSUPPORTED.find(([signature]) => signature.test(head));
  if (unsupported !== undefined) return {name: unsupported[1], command: unsupported[2]};
  return /\.zip$/i.test(path) ? 'zip' : undefined;
}

/** The name of an archive without its extension: `pets` for `/data/pets.tar.gz`. */
export const archiveStem = (path: string): string =>
  basename(path).replace(ARCHIVE_EXTENSION, '') || 'archive';

/** Whether an entry's name has the extension of an archive. */
export const hasArchiveExtension = (name: string): boolean =>
  /\.(?:zip|tar|tgz|rar|7z|(?:tar\.)?(?:gz|bz2|xz|zst))$/i.test(name);
