import {readHead} from './read-bytes.js';

/** How the first bytes of each kind of picture look, as latin-1 text. Only raster formats; the first match counts. */
const SIGNATURES = [
  ['JPEG', /^\xff\xd8\xff/],
  ['PNG', /^\x89PNG\r\n\x1a\n/],
  ['GIF', /^GIF8[79]a/],
  ['WebP', /^RIFF[^]{4}WEBP/],
  ['TIFF', /^(?:II[*+]\0|MM\0[*+])/],
  ['AVIF', /^[^]{4}ftyp(?:[^]{4}){0,12}avi[fs]/],
  ['HEIC', /^[^]{4}ftyp(?:[^]{4}){0,12}(?:hei[cmsx]|hev[cmsx]|mif1|msf1)/],
  ['JPEG XL', /^(?:\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n)/],
  ['JPEG 2000', /^(?:\0\0\0\x0cjP {2}\r\n\x87\n|\xff\x4f\xff\x51)/],
  ['BMP', /^BM[^]{4}\0\0\0\0/],
  ['Photoshop', /^8BPS\0\x01/],
] as const satisfies readonly (readonly [string, RegExp])[];

/** A kind of picture. */
export type ImageFormat = (typeof SIGNATURES)[number][0];

const READABLE: ReadonlySet<string> = new Set(['JPEG', 'PNG', 'GIF', 'WebP', 'TIFF', 'AVIF'] satisfies ImageFormat[]);

/** Whether our decoder reads the format; the others are known only to be named in a finding. */
export const isReadable = (format: ImageFormat): boolean => READABLE.has(format);

const HEAD_BYTES = 64;

/** The format a file's first 64 bytes announce. Names and extensions play no part. */
export function formatOf(head: Uint8Array): ImageFormat | undefined {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, HEAD_BYTES)).toString('latin1');
  return SIGNATURES.find(([, signature]) => signature.test(text))?.[0];
}

/** The format of a file, `empty` where it has no bytes, `unknown` where it is no picture that we know. @throws what opening it throws */
export async function formatOfFile(path: string): Promise<ImageFormat | 'empty' | 'unknown'> {
  const head = await readHead(path, HEAD_BYTES);
  return head.length === 0 ? 'empty' : (formatOf(head) ?? 'unknown');
}

/** Why bytes are not decoded, as a clause about their file; undefined where they are an image of a format that we read. */
export function formatFault(format: ImageFormat | 'empty' | 'unknown' | undefined): string | undefined {
  if (format === 'empty') return 'it is empty';
  if (format === undefined || format === 'unknown') return 'its bytes are no image';
  return isReadable(format) ? undefined : `${format} images are not supported`;
}

/** Extensions that promise a picture: a file with one of them that holds none is worth a warning. */
const PICTURE_NAME = /\.(?:jpe?g|jfif|png|apng|gif|webp|tiff?|avif|hei[cf]|bmp|jxl|jp2)$/i;

/** Whether the name of a file promises a picture. */
export const isNamedAsImage = (name: string): boolean => PICTURE_NAME.test(name);
