import type {BackendInfo} from '../../src/backend/runtime/backend-info.js';

/** TensorFlow on two threads of a processor, as `startBackend` reports it. */
export const CPU_BACKEND: BackendInfo = {
  backend: 'tensorflow',
  tfjsVersion: '4.22.0',
  from: 'pip',
  device: 'cpu',
  devices: [],
  threads: 2,
  oneDnn: true,
  nodeVersion: process.version,
};
