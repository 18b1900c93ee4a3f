/** A tensor in the host's memory, row-major. Integer tensors of a file (`num_batches_tracked`) are not kept. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Tensors by their torchvision state-dict key, in torchvision's layout (convolutions OIHW, linear layers `[out, in]`). */
export type NamedHostTensors = ReadonlyMap<string, HostTensor>;

/** Number of elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

/** One array behind the other. */
export function concatenated(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
