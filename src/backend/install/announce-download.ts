import {formatBytes} from '../../core/text/format-bytes.js';
import {backendsDirectory, PLATFORM} from './backend-directory.js';
import type {InstallRequest} from './build-backend.js';
import {beginStep} from './install-progress.js';
import {TENSORFLOW_VERSION} from './wheels/pinned-wheels.js';
import {installSize} from './wheels/tensorflow-wheels.js';

/** Reports what an installation costs, before it costs anything. */
export function announceDownload({source, gpu, cache, onProgress}: InstallRequest): void {
  if (source !== undefined) return;
  const {downloadBytes, diskBytes} = installSize(gpu, PLATFORM);
  const name = `TensorFlow ${TENSORFLOW_VERSION}${gpu ? ' with CUDA' : ''}`;
  const size = `${formatBytes(downloadBytes)} to download, ${formatBytes(diskBytes)} on disk in ${backendsDirectory(cache)}`;
  beginStep(onProgress, 'plan', `${name} is installed once: ${size}`);
}
