import {createRequire} from 'node:module';
import {parentPort} from 'node:worker_threads';
import type {Raster, RasterHeader} from './raster.js';

/** Header without the bit depth, which is read without a decoder. */
type SizeAndAlpha = Omit<RasterHeader, 'depth'>;

export interface HeifTask {
  readonly bytes: Uint8Array;
  readonly isHeaderOnly: boolean;
}

export interface HeifResponse {
  /** The reason if there is neither header nor raster. */
  readonly error?: string;
  readonly header?: SizeAndAlpha;
  readonly raster?: Raster;
  /** Whether the decoder must be replaced: it crashed, or its memory has grown, which never shrinks. */
  readonly shouldRestart?: boolean;
}

/** The used subset of libheif. Its own types are mostly `any`. */
type HeifContext = object;
type HeifHandle = object;
interface HeifFailure {
  readonly code: unknown;
  readonly subcode?: unknown;
}
interface DecodedHeif {
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
  readonly heif_chroma: {
    readonly heif_chroma_interleaved_RGB: unknown;
    readonly heif_chroma_interleaved_RGBA: unknown;
  };
  heif_context_alloc(): HeifContext;
  heif_context_free(context: HeifContext): void;
  heif_context_read_from_memory(context: HeifContext, bytes: Uint8Array): HeifFailure;
  heif_js_context_get_primary_image_handle(context: HeifContext): HeifHandle | HeifFailure;
  heif_image_handle_get_width(handle: HeifHandle): number;
  heif_image_handle_get_height(handle: HeifHandle): number;
  heif_image_handle_has_alpha_channel(handle: HeifHandle): number | boolean;
  heif_image_handle_release(handle: HeifHandle): void;
  heif_js_decode_image2(
    handle: HeifHandle,
    colorspace: unknown,
    chroma: unknown,
  ): DecodedHeif | HeifFailure;
  heif_image_release(image: object): void;
}

// This build of libheif embeds its WebAssembly: no file is fetched or read.
const makeLibheif = createRequire(import.meta.url)('libheif-js/libheif-wasm/libheif-bundle.js') as (
  options: object,
) => Libheif;

/** Console output is suppressed: libheif prints errors about damaged files, which its responses contain as well. */
const libheif = makeLibheif({print: () => undefined, printErr: () => undefined});

/** Maximum heap size in bytes. A decoder with a larger heap is replaced. */
const MAX_HEAP_BYTES = 2 ** 28;

const isFailure = (response: object): response is HeifFailure => 'code' in response;

/** Describes a failure. Unsupported files may be readable elsewhere, so they get a remedy. */
function describeFailure({code}: HeifFailure): string {
  const {heif_error_Unsupported_feature: feature, heif_error_Unsupported_filetype: kind} =
    libheif.heif_error_code;
  const isUnsupported = code !== undefined && (code === feature || code === kind);
  return isUnsupported
    ? 'its kind of HEIF is not supported; convert it to JPEG or PNG'
    : 'it is damaged or cut off';
}

function readHandleHeader(handle: HeifHandle): SizeAndAlpha {
  return {
    width: libheif.heif_image_handle_get_width(handle),
    height: libheif.heif_image_handle_get_height(handle),
    hasAlpha: Boolean(libheif.heif_image_handle_has_alpha_channel(handle)),
  };
}

function decodeHandle(handle: HeifHandle): HeifResponse {
  const {hasAlpha} = readHandleHeader(handle);
  const {heif_chroma_interleaved_RGB: rgb, heif_chroma_interleaved_RGBA: rgba} =
    libheif.heif_chroma;
  const decoded = libheif.heif_js_decode_image2(
    handle,
    libheif.heif_colorspace.heif_colorspace_RGB,
    hasAlpha ? rgba : rgb,
  );
  if (isFailure(decoded)) return {error: describeFailure(decoded)};
  const [plane] = decoded.channels;
  if (plane === undefined) return {error: 'it is damaged or cut off'};
  const {width, height, stride, data} = plane;
  const channels = hasAlpha ? 4 : 3;
  const pixels = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    pixels.set(data.subarray(y * stride, y * stride + width * channels), y * width * channels);
  }
  libheif.heif_image_release(decoded.image);
  return {raster: {width, height, channels, data: pixels}};
}

function processTask({bytes, isHeaderOnly}: HeifTask): HeifResponse {
  const context = libheif.heif_context_alloc();
  try {
    const readResult = libheif.heif_context_read_from_memory(context, bytes);
    if (readResult.code !== libheif.heif_error_code.heif_error_Ok)
      return {error: describeFailure(readResult)};
    const handle = libheif.heif_js_context_get_primary_image_handle(context);
    if (isFailure(handle)) return {error: describeFailure(handle)};
    try {
      return isHeaderOnly ? {header: readHandleHeader(handle)} : decodeHandle(handle);
    } finally {
      libheif.heif_image_handle_release(handle);
    }
  } finally {
    libheif.heif_context_free(context);
  }
}

function handleTask(task: HeifTask): HeifResponse {
  try {
    const response = processTask(task);
    return libheif.HEAPU8.length > MAX_HEAP_BYTES ? {...response, shouldRestart: true} : response;
  } catch {
    return {error: 'it is damaged or cut off', shouldRestart: true};
  }
}

parentPort!.on('message', (task: HeifTask) => {
  const response = handleTask(task);
  parentPort!.postMessage(
    response,
    response.raster === undefined ? [] : [response.raster.data.buffer as ArrayBuffer],
  );
});
