import {formatBytes} from '../../core/text/format-bytes.js';
import {backendsDirectory, PLATFORM} from './backend-directory.js';
import {beginStep} from './install-progress.js';
import {findTfjsPackage, TFJS_SIZE} from './tfjs-package.js';
import {TENSORFLOW_VERSION} from './wheels/pinned-wheels.js';
import type {FetchTensorFlowOptions} from './wheels/fetch-tensorflow.js';
import {installSize, type InstallSize} from './wheels/tensorflow-wheels.js';

/** Reports what an installation costs, before it costs anything. */
export function announceDownload({
  source,
  gpu,
  cache,
  onProgress,
}: Pick<FetchTensorFlowOptions, 'source' | 'gpu' | 'onProgress'> & {readonly cache: string}): void {
  const sizes = [
    ...(source === undefined ? [installSize(gpu, PLATFORM)] : []),
    ...(findTfjsPackage(cache) === undefined ? [TFJS_SIZE] : []),
  ];
  if (sizes.length === 0) return;
  const sum = (key: keyof InstallSize): string =>
    formatBytes(sizes.reduce((bytes, size) => bytes + size[key], 0));
  const name = `TensorFlow ${TENSORFLOW_VERSION}${gpu ? ' with CUDA' : ''}`;
  const size = `${sum('downloadBytes')} to download, ${sum('diskBytes')} on disk in ${backendsDirectory(cache)}`;
  beginStep(onProgress, 'plan', `${name} is installed once: ${size}`);
}
