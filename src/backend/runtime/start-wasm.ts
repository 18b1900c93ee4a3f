import {createRequire} from 'node:module';
import {dirname, sep} from 'node:path';
import {describeDevices} from './device.js';
import {BackendError} from '../backend-error.js';
import type {BackendInfo} from './backend-info.js';
import {setTensorFlow, tf, type TensorFlow} from '../tensorflow.js';

/** Starts tfjs's WebAssembly backend, on one thread. `convolution-portable.ts` composes the training ops that it lacks. */
export async function startWasm(): Promise<BackendInfo> {
  const require = createRequire(import.meta.url);
  setTensorFlow(require('#tfjs') as TensorFlow);
  const wasm = require('#tfjs-wasm') as {setWasmPaths(prefix: string): void};
  wasm.setWasmPaths(dirname(require.resolve('#tfjs-wasm')) + sep);
  await tf.setBackend('wasm');
  // tfjs falls back to another backend when one fails, and its plain JavaScript backend is a hundred times slower.
  if (tf.getBackend() !== 'wasm')
    throw new BackendError(
      {step: 'load'},
      `tfjs runs on ${tf.getBackend()} instead of WebAssembly.`,
    );
  return {
    backend: 'wasm',
    tfjsVersion: tf.version_core,
    from: 'package',
    device: 'cpu',
    devices: describeDevices([]),
    threads: 1,
    oneDnn: null,
    nodeVersion: process.version,
  };
}
