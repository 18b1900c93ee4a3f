import {createRequire} from 'node:module';
import {join} from 'node:path';

const VERSIONS = {
  '@tensorflow/tfjs': {'tf.min.js': 'tf.es2017.min.js'},
  '@tensorflow/tfjs-backend-webgpu': {
    'tf-backend-webgpu.min.js': 'tf-backend-webgpu.es2017.min.js',
  },
  '@tensorflow/tfjs-backend-wasm': {
    'tf-backend-wasm.min.js': 'tf-backend-wasm.es2017.min.js',
    'tfjs-backend-wasm-simd.wasm': 'tfjs-backend-wasm-simd.wasm',
  },
} as const;

/** Paths of the files of TensorFlow.js that a web page loads, by the names that they have next to it. */
export function findBrowserScripts(): Readonly<Record<string, string>> {
  const {resolve} = createRequire(import.meta.url);
  return Object.fromEntries(
    Object.entries(VERSIONS).flatMap(([packageName, files]) =>
      Object.entries(files).map(([name, file]) => [
        name,
        join(resolve(`${packageName}/package.json`), '../dist', file),
      ]),
    ),
  );
}
