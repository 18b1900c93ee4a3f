/** Pixels that threads can read without a copy. */
export function copyToSharedMemory(pixels: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(pixels.length));
  copy.set(pixels);
  return copy;
}

export const isSharedMemory = ({buffer}: Uint8Array): boolean =>
  buffer instanceof SharedArrayBuffer;

/** Shared memory that is reused. V8 does not count it, and would free a new buffer for every batch late. */
export class BufferPool {
  readonly #free: Uint8Array[] = [];

  /** @returns at least so many bytes, with what was in them before */
  acquire(byteCount: number): Uint8Array {
    const index = this.#free.findIndex(({length}) => length >= byteCount);
    if (index >= 0) return this.#free.splice(index, 1)[0]!;
    this.#free.pop(); // one that is too small, and would stay so
    return new Uint8Array(new SharedArrayBuffer(2 ** Math.ceil(Math.log2(Math.max(1, byteCount)))));
  }

  release(buffer: Uint8Array): void {
    this.#free.push(buffer);
  }
}
