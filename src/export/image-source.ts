import {fileURLToPath} from 'node:url';
import {types} from 'node:util';
import {ArgumentError, describeValue} from '../core/arguments.js';
import type {ImageInput} from '../datasets/images/read-square.js';

/**
 * An image to classify: a path, a `file:` URL, or the bytes of an image file in any form.
 *
 * @example
 * const source: ImageSource = new URL('file:///images/a.jpg');
 * await model.classify(source);
 */
export type ImageSource =
  string | URL | Uint8Array | ArrayBuffer | SharedArrayBuffer | DataView | Blob;

const EXPECTED =
  'a path, a file: URL, the bytes of an image file (Uint8Array, ArrayBuffer) or a Blob';

/** A value in the arguments of a call. */
interface ArgumentName {
  readonly call: string;
  /** `image`, `images[3]` */
  readonly argument: string;
}

const invalidImage = (name: ArgumentName, found: string, hint = '.'): ArgumentError =>
  new ArgumentError(name, {problem: `is ${found}. Give ${EXPECTED}${hint}`});

/** Views of another realm are not `instanceof` this one. A buffer that was transferred to another thread is empty. */
function bytesOf(value: Uint8Array | DataView | ArrayBuffer): Uint8Array {
  if (value instanceof Uint8Array) return value;
  try {
    return 'buffer' in value
      ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
      : new Uint8Array(value);
  } catch {
    return new Uint8Array();
  }
}

/** Detected by its properties, since a test runner or a vm has its own `URL`. */
const isUrl = (value: object): value is URL =>
  'href' in value && 'protocol' in value && typeof value.href === 'string';

const isBlob = (value: object): value is Blob =>
  'arrayBuffer' in value && typeof value.arrayBuffer === 'function' && 'size' in value;

function pathOf(url: string, name: ArgumentName): string {
  const scheme = url.slice(0, url.indexOf(':') + 1);
  if (scheme !== 'file:') {
    throw invalidImage(
      name,
      `a URL of ${scheme}`,
      '. Fetch it first, and give the bytes: await (await fetch(url)).arrayBuffer().',
    );
  }
  try {
    return fileURLToPath(url);
  } catch {
    throw invalidImage(name, `the URL ${describeValue(url)}, which is no path here`);
  }
}

/**
 * Text that is a URL and not a path. A path may contain a colon, but URLs start with a scheme and two slashes, or with `data:` or `blob:`.
 */
const URL_TEXT = /^(?:[a-z][a-z0-9+.-]*:\/\/|data:|blob:)/i;

/**
 * Converts a value to an image input.
 * @param argument name of the value in an error: `image`, `images[3]`
 * @param call name of the called function in an error
 * @throws ArgumentError for any value that is not an image source
 */
export function toImageInput(value: unknown, argument: string, call = 'classify()'): ImageInput {
  const name = {call, argument};
  if (typeof value === 'string') {
    if (value === '') throw invalidImage(name, describeValue(value));
    return URL_TEXT.test(value) ? pathOf(value, name) : value;
  }
  if (types.isUint8Array(value) || types.isDataView(value) || types.isArrayBuffer(value))
    return bytesOf(value);
  // A copy, since other threads may write to it meanwhile.
  if (types.isSharedArrayBuffer(value)) return new Uint8Array(value).slice();
  if (typeof value !== 'object' || value === null) throw invalidImage(name, describeValue(value));
  if (isUrl(value)) return pathOf(value.href, name);
  if (isBlob(value)) return value;
  if (types.isTypedArray(value))
    throw invalidImage(
      name,
      describeValue(value),
      call === 'classify()' ? '. Pixels are for probabilities(), as a Uint8Array.' : '.',
    );
  throw invalidImage(name, describeValue(value));
}
