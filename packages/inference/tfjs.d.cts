/**
 * The types of TensorFlow.js that declarations of this package name. A service needs none of them, so that they hold little: the package
 * of their own declarations is larger than this one.
 */
export interface Tensor {
  readonly shape: number[];
  readonly dtype: DataType;
  dataSync(): Float32Array | Int32Array | Uint8Array;
  dispose(): void;
}
export type Scalar = Tensor;
export type Tensor1D = Tensor;
export type Tensor2D = Tensor;
export type Tensor3D = Tensor;
export type Tensor4D = Tensor;
export type Variable = Tensor;
export type SymbolicTensor = unknown;
export type LayersModel = unknown;
export type NamedTensorMap = Record<string, Tensor>;
export type DataType = 'float32' | 'int32' | 'bool' | 'complex64' | 'string';
export namespace io {
  type ModelArtifacts = unknown;
}
