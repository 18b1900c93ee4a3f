/**
 * The one door to TensorFlow.js. Nothing else imports `@tensorflow/*` as a value, so that there is a single copy of tfjs in the process
 * (the one the native package resolves, or ours for the portable backend) and nothing heavy is loaded before a backend is started.
 *
 * `tf` is a live binding: use it inside functions that run after `startBackend` (runtime.ts), never at module level.
 */
import type * as tfjs from '@tensorflow/tfjs';

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
} from '@tensorflow/tfjs';

export let tf: TensorFlow;

/** Called once, by the runtime that loaded a backend. */
export function setTensorFlow(loaded: TensorFlow): void {
  tf = loaded;
}
