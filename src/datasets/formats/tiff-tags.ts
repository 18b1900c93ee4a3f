/** The tags of a TIFF file's first directory that are used here. */
export interface TiffTags {
  readonly bits: number;
  readonly channels: number;
  /** 1 unsigned, 2 signed, 3 float. */
  readonly sampleFormat: number;
  readonly photometric: number;
  readonly compression: number;
  /** Whether the chroma of YCbCr is subsampled. */
  readonly isSubsampled: boolean;
  /** Whether the file is a camera RAW file, with at most a preview in the first directory. */
  readonly isRaw: boolean;
}

const TAGS = {
  subfile: 254,
  bits: 258,
  compression: 259,
  photometric: 262,
  channels: 277,
  subDirectories: 330,
  sampleFormat: 339,
  subsampling: 530,
  dngVersion: 50_706,
} as const;

const TYPE_BYTES: Readonly<Record<number, number>> = {
  1: 1,
  3: 2,
  4: 4,
  6: 1,
  8: 2,
  9: 4,
  13: 4,
  16: 8,
};
const MAX_ENTRIES = 4096;
const [COLOR_FILTER_ARRAY, LINEAR_RAW] = [32_803, 34_892];

/** Reads numbers in either byte order; undefined beyond the end of the file. */
class BinaryReader {
  readonly isBig: boolean;
  readonly #isLittle: boolean;

  constructor(private readonly bytes: Buffer) {
    this.#isLittle = bytes[0] === 0x49;
    this.isBig = bytes[this.#isLittle ? 2 : 3] === 43;
  }

  at(offset: number, size: number): number | undefined {
    if (offset < 0 || offset + size > this.bytes.length) return undefined;
    if (size === 8)
      return Number(
        this.#isLittle ? this.bytes.readBigUInt64LE(offset) : this.bytes.readBigUInt64BE(offset),
      );
    return this.#isLittle
      ? this.bytes.readUIntLE(offset, size)
      : this.bytes.readUIntBE(offset, size);
  }
}

/** Reads the first two values of each tag of the first directory. */
function readFirstDirectory(file: Uint8Array): ReadonlyMap<number, readonly number[]> {
  const reader = new BinaryReader(Buffer.from(file.buffer, file.byteOffset, file.length));
  const [pointer, countBytes, entryBytes, offsetBytes] = reader.isBig
    ? [8, 8, 20, 8]
    : [4, 2, 12, 4];
  const tags = new Map<number, number[]>();
  const directory = reader.at(pointer, offsetBytes) ?? -1;
  const count = Math.min(reader.at(directory, countBytes) ?? 0, MAX_ENTRIES);
  for (let i = 0; i < count; i++) {
    const at = directory + countBytes + i * entryBytes;
    const [tag, type, length] = [
      reader.at(at, 2),
      reader.at(at + 2, 2),
      reader.at(at + 4, offsetBytes),
    ];
    const size = TYPE_BYTES[type ?? 0];
    if (tag === undefined || size === undefined || length === undefined) continue;
    const inlineOffset = at + 4 + offsetBytes;
    const offset =
      size * length <= offsetBytes ? inlineOffset : (reader.at(inlineOffset, offsetBytes) ?? -1);
    const values = [0, 1].slice(0, length).map(index => reader.at(offset + index * size, size));
    tags.set(
      tag,
      values.filter(value => value !== undefined),
    );
  }
  return tags;
}

export function readTiffTags(bytes: Uint8Array): TiffTags {
  const tags = readFirstDirectory(bytes);
  const firstValue = (tag: number, fallback: number): number => tags.get(tag)?.[0] ?? fallback;
  const photometric = firstValue(TAGS.photometric, 1);
  const isPreview = (firstValue(TAGS.subfile, 0) & 1) === 1 && tags.has(TAGS.subDirectories);
  return {
    bits: firstValue(TAGS.bits, 1),
    channels: firstValue(TAGS.channels, 1),
    sampleFormat: firstValue(TAGS.sampleFormat, 1),
    photometric,
    compression: firstValue(TAGS.compression, 1),
    isSubsampled: (tags.get(TAGS.subsampling) ?? [2, 2]).some(factor => factor !== 1),
    isRaw:
      isPreview ||
      tags.has(TAGS.dngVersion) ||
      photometric === COLOR_FILTER_ARRAY ||
      photometric === LINEAR_RAW,
  };
}
