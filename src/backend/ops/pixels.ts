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

/** tfjs knows no 8-bit numbers and takes these tensors for int32: by their `dataId`, those that are not. */
const UINT8_DATA_IDS = new WeakSet<object>();

/** What a tensor is in TensorFlow. */
export const tfDataTypeOf = ({dtype, dataId}: Tensor): TfDataType =>
  UINT8_DATA_IDS.has(dataId) ? 'uint8' : (dtype as TfDataType);

/**
 * 8-bit numbers on the device: a quarter of the bytes of int32 to move, and none to convert on the way. Only `toFloat` may take them.
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

/** Numbers of any type as float32. */
export function toFloat<T extends Tensor>(x: T): T {
  const from = tfDataTypeOf(x);
  if (from !== 'uint8') return tf.cast(x, 'float32');
  return runOp('Cast', {SrcT: type(from), DstT: type('float32'), Truncate: bool(false)}, [
    x,
  ])[0] as T;
}
