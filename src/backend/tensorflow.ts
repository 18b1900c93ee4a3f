/**
 * The only module that gives access to TensorFlow.js. No other file imports `@tensorflow/*` as a value. The process therefore holds a
 * single copy of tfjs (the native package's, or this package's own for WASM), and nothing heavy is loaded before a backend starts.
 * `#tfjs` is an entry of `imports` in package.json: all of tfjs here, and its core in the package `finetune-inference`.
 *
 * `tf` is a live binding: use it inside functions that run after `startBackend` (runtime.ts), never at module level.
 */
import type * as tfjs from '#tfjs';

export type TensorFlow = typeof tfjs;
export type {
  DataType,
  io,
  LayersModel,
  NamedTensorMap,
  Scalar,
  SymbolicTensor,
  Tensor,
  Tensor1D,
  Tensor2D,
  Tensor3D,
  Tensor4D,
  Variable,
} from '#tfjs';

export let tf: TensorFlow;

/** Called once, by the runtime that loads a backend. */
export function setTensorFlow(loaded: TensorFlow): void {
  tf = loaded;
}
