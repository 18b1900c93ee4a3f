import {tf, type Tensor} from '../tensorflow.js';

/** TensorFlow's own numbers for element types (tensorflow/c/tf_datatype.h). */
export const TF_DATA_TYPES = {
  float32: 1,
  int32: 3,
  uint8: 4,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  float16: 19,
} as const;

export type TfDataType = keyof typeof TF_DATA_TYPES;

/** One attribute of an op, in a kind the addon can pass. Lists of types, strings or shapes, functions and tensors are beyond it. */
export interface OpAttribute {
  readonly kind: 'STRING' | 'INT' | 'FLOAT' | 'BOOL' | 'TYPE' | 'SHAPE';
  readonly value: string | number | boolean | readonly number[];
}

/** `{T: type('float32'), strides: ints([1, 1, 1, 1])}` */
export type OpAttributes = Readonly<Record<string, OpAttribute>>;

export const type = (element: TfDataType): OpAttribute => ({
  kind: 'TYPE',
  value: TF_DATA_TYPES[element],
});
export const ints = (value: readonly number[]): OpAttribute => ({kind: 'INT', value});
export const float = (value: number): OpAttribute => ({kind: 'FLOAT', value});
export const bool = (value: boolean): OpAttribute => ({kind: 'BOOL', value});
/** -1 for a dimension that may be anything. */
export const shape = (value: readonly number[]): OpAttribute => ({kind: 'SHAPE', value});
export const string = (value: string): OpAttribute => ({kind: 'STRING', value});

/** An attribute as the addon takes it. */
export interface NativeAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: OpAttribute['value'];
}

/** What an op gave back: a handle, and what it is. */
export interface TensorMetadata {
  readonly id: number;
  readonly shape: number[];
  /** TensorFlow's number. */
  readonly dtype: number;
}

/** The native addon (binding/tfjs_binding.cc of tfjs-node-gpu). Handles are numbers; whoever gets one deletes it. */
export interface Binding {
  createTensor(
    shape: readonly number[],
    dtype: number,
    values: Float32Array | Int32Array | Uint8Array | readonly Uint8Array[],
  ): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
  /** Runs any op that TensorFlow has registered, now. */
  executeOp(
    name: string,
    attributes: readonly NativeAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): TensorMetadata[];
  loadSavedModel(directory: string, tags: string): number;
  deleteSavedModel(id: number): void;
  /** @param inputNames graph tensors to feed, `a:0,b:0` @param outputNames graph tensors to fetch, alike */
  runSavedModel(
    id: number,
    inputs: readonly number[],
    inputNames: string,
    outputNames: string,
  ): TensorMetadata[];
  getNumOfTensors(): number;
  /** Sessions alive. */
  getNumOfSavedModels(): number;
  isUsingGpuDevice(): boolean;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
  readonly TF_Version: string;
}

/** tfjs-node-gpu's backend (nodejs_kernel_backend.ts): tensors of tfjs over handles of the addon. */
export interface NodeKernelBackend {
  /** Replaced while a step is recorded. */
  binding: Binding;
  readonly isUsingGpuDevice: boolean;
  executeMultipleOutputs(
    name: string,
    attributes: readonly NativeAttribute[],
    inputs: readonly Tensor[],
    outputs: number,
  ): Tensor[];
  /** Handles of the addon; values that tfjs still holds back are uploaded. */
  getInputTensorIds(tensors: readonly Tensor[]): number[];
  /** A tensor of tfjs over a handle; it belongs to the enclosing `tf.tidy`. */
  createOutputTensor(metadata: TensorMetadata): Tensor;
  getNumOfTFTensors(): number;
}

/** Whether tensors live in TensorFlow now (else in the portable backend). */
export const isTensorFlow = (): boolean => tf.getBackend() === 'tensorflow';

/** Whether they live in the memory of a GPU. */
export const isOnGpu = (): boolean => isTensorFlow() && nodeKernelBackend().isUsingGpuDevice;

/** The native backend; only while the backend is `tensorflow`. */
export const nodeKernelBackend = (): NodeKernelBackend =>
  tf.backend() as unknown as NodeKernelBackend;

/**
 * Runs one TensorFlow op by its registered name. Outputs belong to the enclosing `tf.tidy`, like those of any tfjs op; no gradient is
 * recorded. The attributes that TensorFlow infers from the inputs may be left out only where the op's gradient is not run in a graph.
 */
export function runOp(
  name: string,
  attributes: OpAttributes,
  inputs: readonly Tensor[],
  outputs = 1,
): Tensor[] {
  const kernelBackend = nodeKernelBackend();
  const nativeAttributes = Object.entries(attributes).map(([key, {kind, value}]) => ({
    name: key,
    type: kernelBackend.binding[`TF_ATTR_${kind}`],
    value,
  }));
  return kernelBackend.executeMultipleOutputs(name, nativeAttributes, inputs, outputs);
}

/**
 * Handles alive in the backend: TensorFlow's tensors and sessions, or tfjs's tensors where there is no TensorFlow. Equal before and after a
 * run without leaks.
 */
export const countNativeHandles = (): number =>
  isTensorFlow()
    ? nodeKernelBackend().getNumOfTFTensors() + nodeKernelBackend().binding.getNumOfSavedModels()
    : tf.memory().numTensors;
