import type {ImageFormat} from './image-format.js';

/**
 * Maximum number of frames. libvips visits every frame before it decodes the first. For WebP, the time is quadratic in their number: 28 s
 * for 100,000 frames in 8 MB.
 */
export const MAX_FRAMES = 10_000;

/** Counts the frames of a file. Stops at one more than `MAX_FRAMES`, or where the file is no longer valid. */
type FrameCounter = (bytes: Buffer) => number;

function countWebpFrames(bytes: Buffer): number {
  let frames = 0;
  for (let at = 12; at + 8 <= bytes.length && frames <= MAX_FRAMES;) {
    if (bytes.toString('latin1', at, at + 4) === 'ANMF') frames++;
    const size = bytes.readUInt32LE(at + 4);
    at += 8 + size + (size % 2);
  }
  return frames;
}

const [IMAGE, EXTENSION] = [0x2c, 0x21];

function countGifFrames(bytes: Buffer): number {
  const colorTableBytes = (flags = 0): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let frames = 0;
  for (let at = 13 + colorTableBytes(bytes[10]); at < bytes.length && frames <= MAX_FRAMES; at++) {
    if (bytes[at] === IMAGE) {
      frames++;
      at += 11 + colorTableBytes(bytes[at + 9]);
    } else if (bytes[at] === EXTENSION) at += 2;
    else break;
    while (at < bytes.length && bytes[at] !== 0) at += 1 + bytes[at]!; // the content is a sequence of blocks that ends with an empty one
  }
  return frames;
}

/** Counts the pages of a TIFF. Each page has a directory with the offset of the next one; the offsets may form a loop. */
function countTiffPages(bytes: Buffer): number {
  const isLittle = bytes[0] === 0x49;
  const isBig = bytes[isLittle ? 2 : 3] === 43;
  const read = (at: number, size: number): number => {
    if (at + size > bytes.length) return 0;
    if (size === 2) return isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
    if (size === 4) return isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
    return Number(isLittle ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
  };
  const [first, countSize, entrySize, offsetSize] = isBig ? [8, 8, 20, 8] : [4, 2, 12, 4];
  const seen = new Set<number>();
  for (let at = read(first, offsetSize); at !== 0 && !seen.has(at) && seen.size <= MAX_FRAMES;) {
    seen.add(at);
    at = read(at + countSize + read(at, countSize) * entrySize, offsetSize);
  }
  return seen.size;
}

const FRAME_COUNTERS: Readonly<Partial<Record<ImageFormat, FrameCounter>>> = {
  WebP: countWebpFrames,
  GIF: countGifFrames,
  TIFF: countTiffPages,
};

/** Whether a file has too many frames or pages to decode the first one. */
export function hasTooManyFrames(bytes: Uint8Array, format: ImageFormat): boolean {
  const count = FRAME_COUNTERS[format];
  return (
    count !== undefined &&
    count(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)) > MAX_FRAMES
  );
}
