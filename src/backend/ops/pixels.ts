import {
  bool,
  isTensorFlow,
  runOp,
  nodeKernelBackend,
  type,
  TF_DATA_TYPES,
  type TfDataType,
} from '../graph/binding.js';
import {tf, type Tensor, type Tensor4D} from '../tensorflow.js';

/** Data IDs of uint8 tensors. tfjs has no 8-bit type and treats them as int32. */
const UINT8_DATA_IDS = new WeakSet<object>();

/** TensorFlow's element type of a tensor. */
export const tfDataTypeOf = ({dtype, dataId}: Tensor): TfDataType =>
  UINT8_DATA_IDS.has(dataId) ? 'uint8' : (dtype as TfDataType);

/**
 * Uploads 8-bit pixels: a quarter of the bytes of int32, and no conversion on the CPU. Only `toFloat` accepts the result.
 * @param shape `[n, height, width, channels]`
 */
export function pixelsToDevice(values: Uint8Array, shape: Tensor4D['shape']): Tensor4D {
  if (!isTensorFlow()) return tf.tensor4d(values, shape, 'int32');
  const kernelBackend = nodeKernelBackend();
  const id = kernelBackend.binding.createTensor(shape, TF_DATA_TYPES.uint8, values);
  const tensor = kernelBackend.createOutputTensor({id, shape, dtype: TF_DATA_TYPES.uint8});
  UINT8_DATA_IDS.add(tensor.dataId);
  return tensor as Tensor4D;
}

/** Casts a tensor of any type to float32. */
export function toFloat<T extends Tensor>(x: T): T {
  const from = tfDataTypeOf(x);
  if (from !== 'uint8') return tf.cast(x, 'float32');
  return runOp('Cast', {SrcT: type(from), DstT: type('float32'), Truncate: bool(false)}, [
    x,
  ])[0] as T;
}
