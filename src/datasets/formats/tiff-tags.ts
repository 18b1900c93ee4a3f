/** What the first directory of a TIFF file says, as far as it matters here. */
export interface TiffTags {
  readonly bits: number;
  readonly channels: number;
  /** 1 unsigned, 2 signed, 3 float. */
  readonly sampleFormat: number;
  readonly photometric: number;
  readonly compression: number;
  /** Of colors in YCbCr. */
  readonly isSubsampled: boolean;
  /** Taken by a sensor, with at most a preview in the first directory. */
  readonly isRaw: boolean;
}

const TAG = {
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

const TYPE_BYTES: Readonly<Record<number, number>> = {1: 1, 3: 2, 4: 4, 6: 1, 8: 2, 9: 4, 13: 4, 16: 8};
const MOST_ENTRIES = 4096;
const [COLOR_FILTER_ARRAY, LINEAR_RAW] = [32_803, 34_892];

/** Numbers of a file in either order of bytes; undefined beyond its end. */
class Numbers {
  readonly isBig: boolean;
  readonly #isLittle: boolean;

  constructor(private readonly bytes: Buffer) {
    this.#isLittle = bytes[0] === 0x49;
    this.isBig = bytes[this.#isLittle ? 2 : 3] === 43;
  }

  at(place: number, size: number): number | undefined {
    if (place < 0 || place + size > this.bytes.length) return undefined;
    if (size === 8) return Number(this.#isLittle ? this.bytes.readBigUInt64LE(place) : this.bytes.readBigUInt64BE(place));
    return this.#isLittle ? this.bytes.readUIntLE(place, size) : this.bytes.readUIntBE(place, size);
  }
}

/** The first two numbers of each tag of the first directory. */
function firstDirectory(file: Uint8Array): ReadonlyMap<number, readonly number[]> {
  const numbers = new Numbers(Buffer.from(file.buffer, file.byteOffset, file.length));
  const [pointer, countBytes, entryBytes, offsetBytes] = numbers.isBig ? [8, 8, 20, 8] : [4, 2, 12, 4];
  const tags = new Map<number, number[]>();
  const directory = numbers.at(pointer, offsetBytes) ?? -1;
  const count = Math.min(numbers.at(directory, countBytes) ?? 0, MOST_ENTRIES);
  for (let i = 0; i < count; i++) {
    const at = directory + countBytes + i * entryBytes;
    const [tag, type, length] = [numbers.at(at, 2), numbers.at(at + 2, 2), numbers.at(at + 4, offsetBytes)];
    const size = TYPE_BYTES[type ?? 0];
    if (tag === undefined || size === undefined || length === undefined) continue;
    const inside = at + 4 + offsetBytes;
    const place = size * length <= offsetBytes ? inside : (numbers.at(inside, offsetBytes) ?? -1);
    const values = [0, 1].slice(0, length).map(index => numbers.at(place + index * size, size));
    tags.set(
      tag,
      values.filter(value => value !== undefined),
    );
  }
  return tags;
}

export function tiffTags(bytes: Uint8Array): TiffTags {
  const tags = firstDirectory(bytes);
  const first = (tag: number, otherwise: number): number => tags.get(tag)?.[0] ?? otherwise;
  const photometric = first(TAG.photometric, 1);
  const isPreview = (first(TAG.subfile, 0) & 1) === 1 && tags.has(TAG.subDirectories);
  return {
    bits: first(TAG.bits, 1),
    channels: first(TAG.channels, 1),
    sampleFormat: first(TAG.sampleFormat, 1),
    photometric,
    compression: first(TAG.compression, 1),
    isSubsampled: (tags.get(TAG.subsampling) ?? [2, 2]).some(factor => factor !== 1),
    isRaw: isPreview || tags.has(TAG.dngVersion) || photometric === COLOR_FILTER_ARRAY || photometric === LINEAR_RAW,
  };
}
