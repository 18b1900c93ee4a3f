import {sizeFromShape} from '../../../core/state-dict.js';
import {formatInteger} from '../../../core/text/format-count.js';
import {FormatError} from '../format-error.js';
import type {TorchTensor} from './torch-tensor.js';

/** Whether a tensor is row-major without gaps. The stride of a dimension of size 1 does not matter. */
function isContiguous({shape, strides}: TorchTensor): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1 && strides[i] !== expected) return false;
    expected *= shape[i]!;
  }
  return true;
}

/** Copies elements into row-major order, one run along the last axis after the other. */
function gatherElements(
  values: Float32Array,
  {offset, shape, strides}: TorchTensor,
  size: number,
): Float32Array {
  const gathered = new Float32Array(size);
  const axes = shape.length;
  const length = shape[axes - 1]!;
  const step = strides[axes - 1]!;
  const index = new Array<number>(axes - 1).fill(0);
  let runOffset = offset;
  for (let to = 0; to < size; to += length) {
    for (let i = 0; i < length; i++) gathered[to + i] = values[runOffset + i * step]!;
    for (let axis = axes - 2; axis >= 0; axis--) {
      runOffset += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      runOffset -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return gathered;
}

/**
 * Row-major elements of a tensor: a view of its storage if that is contiguous, else a copy.
 * @throws FormatError for a tensor that extends beyond its storage
 */
export function stridedElements(
  name: string,
  tensor: TorchTensor,
  values: Float32Array,
): Float32Array {
  const {offset, shape, strides} = tensor;
  const size = sizeFromShape(shape);
  const last =
    size === 0
      ? offset - 1
      : shape.reduce((sum, extent, axis) => sum + (extent - 1) * strides[axis]!, offset);
  if (last >= values.length)
    throw new FormatError(
      `tensor "${name}" reaching beyond the ${formatInteger(values.length)} elements of its storage`,
    );
  return isContiguous(tensor)
    ? values.subarray(offset, offset + size)
    : gatherElements(values, tensor, size);
}
