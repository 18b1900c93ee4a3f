import {startBackend, type BackendOptions} from '../../src/backend/runtime/runtime.js';

/** Starts the backend before the tests of a describe; the first start on a machine installs TensorFlow, which takes minutes. */
export function useBackend(): void {
  before('start the backend', async function () {
    this.timeout(600_000);
    const backend = (process.env.FINETUNE_TEST_BACKEND ??
      'tensorflow') as BackendOptions['backend'];
    const device = (process.env.FINETUNE_TEST_DEVICE ?? 'cpu') as BackendOptions['device'];
    await startBackend({backend, device, install: true});
  });
}
