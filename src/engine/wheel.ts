import {mkdir} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {ZipArchive} from '../core/zip.js';

/** The two libraries that the addon needs; the second is found by the first, beside it. */
export const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

/** The fourteen headers that the binding's sources reach. */
export const HEADERS = [
  ...['c_api', 'c_api_macros', 'tf_attrtype', 'tf_buffer', 'tf_datatype', 'tf_status', 'tf_tensor', 'tf_tstring'].map(
    name => `tensorflow/c/${name}.h`,
  ),
  'tensorflow/c/eager/c_api.h',
  'tensorflow/core/platform/ctstring.h',
  'tensorflow/core/platform/ctstring_internal.h',
  'tsl/platform/ctstring.h',
  'tsl/platform/ctstring_internal.h',
  'xla/tsl/c/tsl_status.h',
];

/** Pulls the libraries and headers out of a TensorFlow wheel. */
export async function unpackWheel(wheel: string, engine: string, options: {onBytes?: (bytes: number) => void; signal?: AbortSignal} = {}) {
  const archive = await ZipArchive.open(wheel);
  try {
    for (const name of [...LIBRARIES, ...HEADERS.map(header => `include/${header}`)]) {
      const target = join(engine, 'tensorflow', name);
      await mkdir(dirname(target), {recursive: true});
      await archive.extract(`tensorflow/${name}`, target, options);
    }
  } finally {
    archive.close();
  }
}
