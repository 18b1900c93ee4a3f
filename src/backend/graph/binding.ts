import {tf, type Tensor} from '../tensorflow.js';

/** TensorFlow's numbers of element types (tensorflow/c/tf_datatype.h). */
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

/** An attribute of an op, of a kind that the addon can pass. It cannot pass functions, tensors, or lists of types, strings or shapes. */
export interface OpAttribute {
  readonly kind: 'STRING' | 'INT' | 'FLOAT' | 'BOOL' | 'TYPE' | 'SHAPE';
  readonly value: string | number | boolean | readonly number[];
}

/** Attributes by name: `{T: type('float32'), strides: ints([1, 1, 1, 1])}`. */
export type OpAttributes = Readonly<Record<string, OpAttribute>>;

export const type = (element: TfDataType): OpAttribute => ({
  kind: 'TYPE',
  value: TF_DATA_TYPES[element],
});
export const ints = (value: readonly number[]): OpAttribute => ({kind: 'INT', value});
export const float = (value: number): OpAttribute => ({kind: 'FLOAT', value});
export const bool = (value: boolean): OpAttribute => ({kind: 'BOOL', value});
/** A shape attribute; -1 stands for an unknown dimension. */
export const shape = (value: readonly number[]): OpAttribute => ({kind: 'SHAPE', value});
export const string = (value: string): OpAttribute => ({kind: 'STRING', value});

/** An attribute in the addon's form. */
export interface NativeAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: OpAttribute['value'];
}

/** Handle, shape and type of an op's output. */
export interface TensorMetadata {
  readonly id: number;
  readonly shape: number[];
  /** TensorFlow's number of the element type. */
  readonly dtype: number;
}

/** The native addon (binding/tfjs_binding.cc of tfjs-node-gpu). Handles are numbers; the caller deletes them. */
export interface Binding {
  createTensor(
    shape: readonly number[],
    dtype: number,
    values: Float32Array | Int32Array | Uint8Array | readonly Uint8Array[],
  ): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
  /** Runs any registered TensorFlow op immediately. */
  executeOp(
    name: string,
    attributes: readonly NativeAttribute[],
    inputs: readonly number[],
    outputs: number,
  ): TensorMetadata[];
  loadSavedModel(directory: string, tags: string): number;
  deleteSavedModel(id: number): void;
  /** @param inputNames graph tensors to feed, `a:0,b:0` @param outputNames graph tensors to fetch, in the same form */
  runSavedModel(
    id: number,
    inputs: readonly number[],
    inputNames: string,
    outputNames: string,
  ): TensorMetadata[];
  getNumOfTensors(): number;
  /** Number of open sessions. */
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

/** tfjs-node-gpu's backend (nodejs_kernel_backend.ts), which maps tfjs tensors to handles of the addon. */
export interface NodeKernelBackend {
  /** Replaced during tracing. */
  binding: Binding;
  readonly isUsingGpuDevice: boolean;
  executeMultipleOutputs(
    name: string,
    attributes: readonly NativeAttribute[],
    inputs: readonly Tensor[],
    outputs: number,
  ): Tensor[];
  /** Handles of tensors. Values that tfjs has not uploaded yet are uploaded. */
  getInputTensorIds(tensors: readonly Tensor[]): number[];
  /** Wraps a handle in a tfjs tensor, which belongs to the enclosing `tf.tidy`. */
  createOutputTensor(metadata: TensorMetadata): Tensor;
  getNumOfTFTensors(): number;
}

/** Whether TensorFlow is the current backend (rather than WASM). */
export const isTensorFlow = (): boolean => tf.getBackend() === 'tensorflow';

/** Whether tensors are stored in GPU memory. */
export const isOnGpu = (): boolean => isTensorFlow() && nodeKernelBackend().isUsingGpuDevice;

/** The native backend. Valid only if the backend is `tensorflow`. */
export const nodeKernelBackend = (): NodeKernelBackend =>
  tf.backend() as unknown as NodeKernelBackend;

/**
 * Runs one TensorFlow op by its registered name. Outputs belong to the enclosing `tf.tidy`, as with any tfjs op; no gradient is recorded.
 * Attributes that TensorFlow infers from the inputs may be omitted only if the op's gradient does not run in a graph.
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
 * Number of live handles: TensorFlow's tensors and sessions, or tfjs tensors on another backend. Equal before and after a run without
 * leaks.
 */
export const countNativeHandles = (): number =>
  isTensorFlow()
    ? nodeKernelBackend().getNumOfTFTensors() + nodeKernelBackend().binding.getNumOfSavedModels()
    : tf.memory().numTensors;
