/** A tensor in CPU memory, row-major. Integer tensors of a file (`num_batches_tracked`) are dropped. */
export interface CpuTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Tensors by torchvision state-dict key, in torchvision's layout (convolutions OIHW, linear layers `[out, in]`). */
export type StateDict = ReadonlyMap<string, CpuTensor>;

/** Number of elements of a shape. */
export const sizeFromShape = (shape: readonly number[]): number =>
  shape.reduce((product, extent) => product * extent, 1);

/** Concatenates arrays. */
export function concatFloat32(arrays: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(arrays.reduce((sum, array) => sum + array.length, 0));
  let offset = 0;
  for (const array of arrays) {
    result.set(array, offset);
    offset += array.length;
  }
  return result;
}
