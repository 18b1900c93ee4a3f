import type {ImageSize} from './resample.js';

const [SOI, APP1, SOS] = [0xd8, 0xe1, 0xda];
/** Start of a frame: 0xc0 to 0xcf, but for the tables that share the range. */
const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/**
 * The size of a JPEG file in grey or three colours that carries no orientation (nor anything else in APP1), read in microseconds, where
 * libvips takes a third of the time that it then takes to decode a small picture. Everything else, and what is damaged, is left to libvips.
 */
export function plainJpegSize(bytes: Uint8Array): ImageSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes[0] !== 0xff || bytes[1] !== SOI) return undefined;
  let size: ImageSize | undefined;
  // An orientation may stand anywhere before the pixels.
  for (let at = 2; at + 10 <= bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1]!;
    if (marker === SOS) return size;
    if (marker < 0xc0 || marker === APP1) return undefined;
    if (isFrame(marker)) {
      const [height, width, colours] = [view.getUint16(at + 5), view.getUint16(at + 7), bytes[at + 9]];
      if (size !== undefined || height === 0 || width === 0 || (colours !== 1 && colours !== 3)) return undefined;
      size = {width, height};
    }
    at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}
