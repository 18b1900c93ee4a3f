import {createRequire} from 'node:module';
import {parentPort} from 'node:worker_threads';
import type {Raster, RasterHeader} from './raster.js';

/** The depth is told without a decoder. */
type SizeAndAlpha = Omit<RasterHeader, 'depth'>;

export interface HeifTask {
  readonly bytes: Uint8Array;
  readonly isHeaderOnly: boolean;
}

export interface HeifAnswer {
  /** Why there is neither. */
  readonly fault?: string;
  readonly header?: SizeAndAlpha;
  readonly raster?: Raster;
  /** The memory of the decoder is in disorder, or has grown: it does not shrink. */
  readonly isSpent?: boolean;
}

/** What is used of libheif; its own types say of most that it is `any`. */
type Context = object;
type Handle = object;
interface Failure {
  readonly code: unknown;
  readonly subcode?: unknown;
}
interface Decoded {
  readonly image: object;
  readonly channels: readonly {
    readonly id: unknown;
    readonly width: number;
    readonly height: number;
    readonly stride: number;
    readonly data: Uint8Array;
  }[];
}
interface Libheif {
  readonly HEAPU8: Uint8Array;
  readonly heif_error_code: Readonly<Record<string, unknown>>;
  readonly heif_colorspace: {readonly heif_colorspace_RGB: unknown};
  readonly heif_chroma: {readonly heif_chroma_interleaved_RGB: unknown; readonly heif_chroma_interleaved_RGBA: unknown};
  heif_context_alloc(): Context;
  heif_context_free(context: Context): void;
  heif_context_read_from_memory(context: Context, bytes: Uint8Array): Failure;
  heif_js_context_get_primary_image_handle(context: Context): Handle | Failure;
  heif_image_handle_get_width(handle: Handle): number;
  heif_image_handle_get_height(handle: Handle): number;
  heif_image_handle_has_alpha_channel(handle: Handle): number | boolean;
  heif_image_handle_release(handle: Handle): void;
  heif_js_decode_image2(handle: Handle, colorspace: unknown, chroma: unknown): Decoded | Failure;
  heif_image_release(image: object): void;
}

// The bundle has its WebAssembly inside: nothing is fetched, nothing looked for.
const makeLibheif = createRequire(import.meta.url)('libheif-js/libheif-wasm/libheif-bundle.js') as (options: object) => Libheif;

/** It prints what it thinks of damaged files; answers say so. */
const libheif = makeLibheif({print: () => undefined, printErr: () => undefined});

/** A decoder that has come to hold more is made anew. */
const MOST_HEAP_BYTES = 2 ** 28;

const isFailure = (answer: object): answer is Failure => 'code' in answer;

/** What cannot be decoded here may be decoded elsewhere. */
function faultOf({code}: Failure): string {
  const {heif_error_Unsupported_feature: feature, heif_error_Unsupported_filetype: kind} = libheif.heif_error_code;
  const isUnsupported = code !== undefined && (code === feature || code === kind);
  return isUnsupported ? 'its kind of HEIF is not supported; convert it to JPEG or PNG' : 'it is damaged or cut off';
}

function headerOf(handle: Handle): SizeAndAlpha {
  return {
    width: libheif.heif_image_handle_get_width(handle),
    height: libheif.heif_image_handle_get_height(handle),
    hasAlpha: Boolean(libheif.heif_image_handle_has_alpha_channel(handle)),
  };
}

function rasterOf(handle: Handle): HeifAnswer {
  const {hasAlpha} = headerOf(handle);
  const {heif_chroma_interleaved_RGB: rgb, heif_chroma_interleaved_RGBA: rgba} = libheif.heif_chroma;
  const decoded = libheif.heif_js_decode_image2(handle, libheif.heif_colorspace.heif_colorspace_RGB, hasAlpha ? rgba : rgb);
  if (isFailure(decoded)) return {fault: faultOf(decoded)};
  const [plane] = decoded.channels;
  if (plane === undefined) return {fault: 'it is damaged or cut off'};
  const {width, height, stride, data} = plane;
  const channels = hasAlpha ? 4 : 3;
  const pixels = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    pixels.set(data.subarray(y * stride, y * stride + width * channels), y * width * channels);
  }
  libheif.heif_image_release(decoded.image);
  return {raster: {width, height, channels, data: pixels}};
}

function work({bytes, isHeaderOnly}: HeifTask): HeifAnswer {
  const context = libheif.heif_context_alloc();
  try {
    const read = libheif.heif_context_read_from_memory(context, bytes);
    if (read.code !== libheif.heif_error_code.heif_error_Ok) return {fault: faultOf(read)};
    const handle = libheif.heif_js_context_get_primary_image_handle(context);
    if (isFailure(handle)) return {fault: faultOf(handle)};
    try {
      return isHeaderOnly ? {header: headerOf(handle)} : rasterOf(handle);
    } finally {
      libheif.heif_image_handle_release(handle);
    }
  } finally {
    libheif.heif_context_free(context);
  }
}

function answerTo(task: HeifTask): HeifAnswer {
  try {
    const answer = work(task);
    return libheif.HEAPU8.length > MOST_HEAP_BYTES ? {...answer, isSpent: true} : answer;
  } catch {
    return {fault: 'it is damaged or cut off', isSpent: true};
  }
}

parentPort!.on('message', (task: HeifTask) => {
  const answer = answerTo(task);
  parentPort!.postMessage(answer, answer.raster === undefined ? [] : [answer.raster.data.buffer as ArrayBuffer]);
});
