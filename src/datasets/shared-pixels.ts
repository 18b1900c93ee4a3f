/** Pixels that threads can look at without a copy. */
export function sharedCopy(pixels: Uint8Array): Uint8Array {
  const copy = sharedPixels(pixels.length);
  copy.set(pixels);
  return copy;
}

/** Zeros, to be filled by threads. */
export const sharedPixels = (length: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(length));
