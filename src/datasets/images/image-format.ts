import {extname} from 'node:path';
import {readHead} from './read-bytes.js';

/** The decoder of a format (decode.ts). */
export type Decoder = 'libvips' | 'bmp' | 'netpbm' | 'libheif';

interface Format {
  readonly name: string;
  /** File extensions in lower case, with the dot. */
  readonly extensions: readonly string[];
  /** Pattern of the first bytes, as Latin-1 text. */
  readonly signature: RegExp;
  readonly decoder?: Decoder;
  /** What to do with a format that is not supported. */
  readonly remedy?: string;
}

const CONVERT = 'convert it to JPEG or PNG';
const DEVELOP = 'develop it into a JPEG or a 16-bit TIFF';
const EXTRACT_FRAMES = 'save its frames as images';

/**
 * All known image formats. The first match counts, so stronger signatures come before weaker ones. Formats without a decoder are listed to
 * name them in errors, with a remedy.
 */
const FORMATS = [
  {
    name: 'JPEG',
    extensions: ['.jpg', '.jpeg', '.jfif', '.jpe'],
    signature: /^\xff\xd8\xff/,
    decoder: 'libvips',
  },
  {name: 'PNG', extensions: ['.png', '.apng'], signature: /^\x89PNG\r\n\x1a\n/, decoder: 'libvips'},
  {name: 'GIF', extensions: ['.gif'], signature: /^GIF8[79]a/, decoder: 'libvips'},
  {name: 'WebP', extensions: ['.webp'], signature: /^RIFF[^]{4}WEBP/, decoder: 'libvips'},
  {
    name: 'CR2',
    extensions: ['.cr2'],
    signature: /^(?:II\*\0[^]{4}CR|MM\0\*[^]{4}CR)\x02/,
    remedy: DEVELOP,
  },
  {
    name: 'TIFF',
    extensions: ['.tif', '.tiff'],
    signature: /^(?:II[*+]\0|MM\0[*+])/,
    decoder: 'libvips',
  },
  {
    name: 'AVIF',
    extensions: ['.avif'],
    signature: /^[^]{4}ftyp(?:[^]{4}){0,12}avi[fs]/,
    decoder: 'libvips',
  },
  {
    name: 'HEIC',
    extensions: ['.heic', '.heif', '.hif'],
    signature: /^[^]{4}ftyp(?:[^]{4}){0,12}(?:hei[cmsx]|hev[cmsx]|mif1|msf1)/,
    decoder: 'libheif',
  },
  {
    name: 'BMP',
    extensions: ['.bmp', '.dib'],
    signature: /^BM[^]{12}(?:\x0c|\x10|\x28|\x34|\x38|\x40|\x6c|\x7c)\0\0\0/,
    decoder: 'bmp',
  },
  {
    name: 'Netpbm',
    extensions: ['.ppm', '.pgm', '.pbm', '.pnm', '.pam'],
    signature: /^P(?:[1-6]\s*(?:#|(?<=\s)\d)|7\s*\n\s*(?:#|[A-Z]))/,
    decoder: 'netpbm',
  },
  {
    name: 'JPEG XL',
    extensions: ['.jxl'],
    signature: /^(?:\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n)/,
    remedy: CONVERT,
  },
  {
    name: 'JPEG 2000',
    extensions: ['.jp2', '.j2k', '.jpx'],
    signature: /^(?:\0\0\0\x0cjP {2}\r\n\x87\n|\xff\x4f\xff\x51)/,
    remedy: CONVERT,
  },
  {name: 'JPEG XR', extensions: ['.jxr', '.wdp'], signature: /^II\xbc[\0\x01]/, remedy: CONVERT},
  {
    name: 'Photoshop',
    extensions: ['.psd', '.psb'],
    signature: /^8BPS\0[\x01\x02]/,
    remedy: CONVERT,
  },
  {name: 'CR3', extensions: ['.cr3'], signature: /^[^]{4}ftypcrx /, remedy: DEVELOP},
  {name: 'RAF', extensions: ['.raf'], signature: /^FUJIFILMCCD-RAW/, remedy: DEVELOP},
  {name: 'ORF', extensions: ['.orf'], signature: /^(?:IIR[OS]|MMOR)/, remedy: DEVELOP},
  {name: 'RW2', extensions: ['.rw2'], signature: /^IIU\0/, remedy: DEVELOP},
  {name: 'X3F', extensions: ['.x3f'], signature: /^FOVb/, remedy: DEVELOP},
  {
    name: 'DICOM',
    extensions: ['.dcm', '.dicom'],
    signature: /^[^]{128}DICM/,
    remedy: 'convert it to a 16-bit PNG',
  },
  {name: 'OpenEXR', extensions: ['.exr'], signature: /^v\/1\x01/, remedy: CONVERT},
  {name: 'Radiance HDR', extensions: ['.hdr'], signature: /^#\?R(?:ADIANCE|GBE)/, remedy: CONVERT},
  {
    name: 'FITS',
    extensions: ['.fits', '.fit'],
    signature: /^SIMPLE {2}=/,
    remedy: 'convert it to a 16-bit PNG',
  },
  {
    name: 'PFM',
    extensions: ['.pfm'],
    signature: /^P[fF]\s+\d/,
    remedy: 'convert it to a 16-bit PNG',
  },
  {name: 'NumPy', extensions: ['.npy'], signature: /^\x93NUMPY/, remedy: 'save its arrays as PNG'},
  {name: 'DDS', extensions: ['.dds'], signature: /^DDS \x7c\0/, remedy: CONVERT},
  {
    name: 'ICO',
    extensions: ['.ico', '.cur'],
    signature: /^\0\0[\x01\x02]\0[^\0]\0[^]{3}\0/,
    remedy: CONVERT,
  },
  {name: 'PDF', extensions: ['.pdf'], signature: /^%PDF-/, remedy: 'save its pages as images'},
  {
    name: 'SVG',
    extensions: ['.svg'],
    signature: /^(?:\xef\xbb\xbf)?\s*(?:<\?xml[^]*|<!--[^]*|<!DOCTYPE svg[^]*)?<svg[\s>]/,
    remedy: 'save it as PNG',
  },
  {name: 'AVI video', extensions: ['.avi'], signature: /^RIFF[^]{4}AVI /, remedy: EXTRACT_FRAMES},
  {
    name: 'Matroska video',
    extensions: ['.mkv', '.webm'],
    signature: /^\x1a\x45\xdf\xa3/,
    remedy: EXTRACT_FRAMES,
  },
  {
    name: 'MPEG-4 video',
    extensions: ['.mp4', '.mov', '.m4v', '.3gp'],
    signature: /^[^]{4}(?:ftyp|moov|mdat|wide)/,
    remedy: EXTRACT_FRAMES,
  },
  {
    name: 'TGA',
    extensions: ['.tga'],
    signature: /^[^]\0[\x02\x03\x0a\x0b]\0{5}[^]{8}[\x08\x0f\x10\x18\x20][\0-\x3f]/,
    remedy: CONVERT,
  },
] as const satisfies readonly Format[];

/** The name of an image format. */
export type ImageFormat = (typeof FORMATS)[number]['name'];

const FORMATS_BY_NAME: ReadonlyMap<string, Format> = new Map(
  FORMATS.map(format => [format.name, format]),
);

/** The decoder of a format; undefined for unsupported formats. */
export const getDecoder = (format: ImageFormat): Decoder | undefined =>
  FORMATS_BY_NAME.get(format)!.decoder;

/** File extensions of a format. */
export const getExtensions = (format: ImageFormat): readonly string[] =>
  FORMATS_BY_NAME.get(format)!.extensions;

const readableNames = FORMATS.filter(format => 'decoder' in format).map(({name}) => name);

/** The supported formats, as text: `JPEG, PNG or BMP`. */
export const READABLE_FORMATS = `${readableNames.slice(0, -1).join(', ')} or ${readableNames.at(-1)}`;

/** Number of bytes to detect a format. The signature of DICOM follows 128 bytes, and an SVG may begin with a comment. */
const HEAD_BYTES = 512;

/** Detects the format by the first bytes of a file. Names and extensions are ignored. */
export function detectFormat(head: Uint8Array): ImageFormat | undefined {
  const text = Buffer.from(
    head.buffer,
    head.byteOffset,
    Math.min(head.length, HEAD_BYTES),
  ).toString('latin1');
  return FORMATS.find(({signature}) => signature.test(text))?.name;
}

/**
 * Detects the format of a file: `empty` for an empty file, `unknown` for a file that is not a known image.
 *
 * @throws errors of opening the file
 */
export async function detectFileFormat(path: string): Promise<ImageFormat | 'empty' | 'unknown'> {
  const head = await readHead(path, HEAD_BYTES);
  return head.length === 0 ? 'empty' : (detectFormat(head) ?? 'unknown');
}

/** The reason why a file is not decoded, as a clause; undefined for supported formats. */
export function describeUnreadableFormat(
  format: ImageFormat | 'empty' | 'unknown' | undefined,
): string | undefined {
  if (format === 'empty') return 'it is empty';
  if (format === undefined || format === 'unknown') return 'its bytes are no image';
  const {decoder, remedy} = FORMATS_BY_NAME.get(format)!;
  return decoder === undefined ? `${format} is not supported; ${remedy}` : undefined;
}

/** Extensions of camera RAW images, which are TIFF files (tiff-tags.ts). */
const RAW_EXTENSIONS = [
  '.dng',
  '.nef',
  '.nrw',
  '.arw',
  '.sr2',
  '.srf',
  '.pef',
  '.srw',
  '.3fr',
  '.erf',
  '.kdc',
  '.mef',
  '.mos',
  '.iiq',
  '.rwl',
];

const IMAGE_EXTENSIONS: ReadonlySet<string> = new Set([
  ...FORMATS.flatMap(({extensions}) => extensions),
  ...RAW_EXTENSIONS,
]);

/** Whether a file has the extension of an image. If it holds none, a warning is reported. */
export const hasImageExtension = (name: string): boolean =>
  IMAGE_EXTENSIONS.has(extname(name).toLowerCase());
