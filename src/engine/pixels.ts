import {bool, isTensorFlow, run, tensorFlowBackend, type, TYPE_NUMBERS, type ElementType} from './binding.js';
import {tf, type Tensor, type Tensor4D} from './tensorflow.js';

/** tfjs knows no 8-bit numbers and takes these tensors for int32: by their `dataId`, those that are not. */
const EIGHT_BIT = new WeakSet<object>();

/** What a tensor is in TensorFlow. */
export const elementTypeOf = ({dtype, dataId}: Tensor): ElementType => (EIGHT_BIT.has(dataId) ? 'uint8' : (dtype as ElementType));

/**
 * 8-bit numbers on the device: a quarter of the bytes of int32 to move, and none to convert on the way. Only `toFloat` may take them.
 * @param shape `[n, height, width, channels]`
 */
export function uploadPixels(values: Uint8Array, shape: Tensor4D['shape']): Tensor4D {
  if (!isTensorFlow()) return tf.tensor4d(values, shape, 'int32');
  const backend = tensorFlowBackend();
  const id = backend.binding.createTensor(shape, TYPE_NUMBERS.uint8, values);
  const tensor = backend.createOutputTensor({id, shape, dtype: TYPE_NUMBERS.uint8});
  EIGHT_BIT.add(tensor.dataId);
  return tensor as Tensor4D;
}

/** Numbers of any type as float32. */
export function toFloat<T extends Tensor>(x: T): T {
  const from = elementTypeOf(x);
  if (from !== 'uint8') return tf.cast(x, 'float32');
  return run('Cast', {SrcT: type(from), DstT: type('float32'), Truncate: bool(false)}, [x])[0] as T;
}
