import {ZipArchive} from '../../core/files/zip.js';
import {openKerasH5} from './keras/keras-h5.js';
import {openPyTorch} from './pytorch/pytorch.js';
import {wrapZipErrors, readZipEntry} from './pytorch/torch-zip.js';
import type {WeightsReader} from './weights-file.js';

const KERAS_WEIGHTS = 'model.weights.h5';

/** Opens a zip archive: a file of `torch.save`, or a `.keras` archive, which contains an HDF5 file. */
export async function openZip(path: string): Promise<WeightsReader> {
  const weights = await kerasWeights(path);
  if (weights !== undefined) return {...(await openKerasH5(weights)), format: 'keras-h5'};
  return {...(await openPyTorch(path, 'zip')), format: 'pytorch'};
}

async function kerasWeights(path: string): Promise<Buffer | undefined> {
  const zip = await wrapZipErrors(ZipArchive.open(path));
  try {
    // Weights hardly compress, and Keras does not try.
    return zip.has(KERAS_WEIGHTS)
      ? await readZipEntry(zip, KERAS_WEIGHTS, 4 * zip.bytes)
      : undefined;
  } finally {
    zip.close();
  }
}
