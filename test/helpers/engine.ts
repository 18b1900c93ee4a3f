import {startBackend, type EngineWish} from '../../src/engine/runtime.js';

/** Starts the engine before the tests of a describe; the first start on a machine installs TensorFlow, which takes minutes. */
export function useEngine(): void {
  before('start the engine', async function () {
    this.timeout(600_000);
    const engine = (process.env.FINETUNE_TEST_ENGINE ?? 'tensorflow') as EngineWish['backend'];
    const device = (process.env.FINETUNE_TEST_DEVICE ?? 'cpu') as EngineWish['device'];
    await startBackend({backend: engine, device});
  });
}
