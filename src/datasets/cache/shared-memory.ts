/** Copies pixels to shared memory, which threads read without another copy. */
export function copyToSharedMemory(pixels: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(pixels.length));
  copy.set(pixels);
  return copy;
}

export const isSharedMemory = ({buffer}: Uint8Array): boolean =>
  buffer instanceof SharedArrayBuffer;

/** A pool of shared memory buffers. V8 does not count shared memory, so it would free a new buffer per batch too late. */
export class BufferPool {
  readonly #free: Uint8Array[] = [];

  /** @returns a buffer of at least `byteCount` bytes, not cleared */
  acquire(byteCount: number): Uint8Array {
    const index = this.#free.findIndex(({length}) => length >= byteCount);
    if (index >= 0) return this.#free.splice(index, 1)[0]!;
    this.#free.pop(); // drop a buffer that is too small
    return new Uint8Array(new SharedArrayBuffer(2 ** Math.ceil(Math.log2(Math.max(1, byteCount)))));
  }

  release(buffer: Uint8Array): void {
    this.#free.push(buffer);
  }
}
