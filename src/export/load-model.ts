import {fileURLToPath} from 'node:url';
import {
  CALLBACK,
  checkArgument,
  checkOptions,
  BOOLEAN,
  PATH,
  ABORT_SIGNAL,
  type OptionKinds,
} from '../core/arguments.js';
import {throwIfAborted} from '../core/errors.js';
import {DEVICE_KIND, BACKEND_KIND} from '../backend/runtime/backend-options.js';
import {startBackend, type BackendOptions} from '../backend/runtime/runtime.js';
import {ExportedModel} from './exported-model.js';
import {modelDirectory} from './record/model-directory.js';
import {readModelRecord} from './record/read-model-record.js';
import {buildInferenceModel, readTensors} from './stored-network.js';

function resolveDirectory(location: unknown): string {
  const path =
    location instanceof URL && location.protocol === 'file:' ? fileURLToPath(location) : location;
  checkArgument('loadModel()', 'directory', path, {...PATH, expected: 'the path of a directory'});
  return modelDirectory(path as string) ?? (path as string);
}

/**
 * Backend options, used if no backend is running yet.
 *
 * @example
 * const options: LoadModelOptions = {backend: 'tensorflow', offline: true};
 * const loaded = await loadModel('./pets-run', options);
 */
export type LoadModelOptions = Pick<
  BackendOptions,
  'backend' | 'device' | 'offline' | 'install' | 'onEvent' | 'signal'
>;

const OPTIONS: OptionKinds<LoadModelOptions> = {
  ...{
    backend: BACKEND_KIND,
    device: DEVICE_KIND,
    offline: BOOLEAN,
    install: BOOLEAN,
    onEvent: CALLBACK,
    signal: ABORT_SIGNAL,
  },
};

/**
 * Loads an exported classifier for use in Node. It uses the running backend. If none is running, it starts TensorFlow if installed, else
 * the portable backend. Nothing is installed unless `install` is set.
 *
 * The model runs the forward pass of this project over `model.safetensors`, with batch norms folded, and does not use tf.layers. This was
 * measured to take 7 to 20 % less processor time per image (ResNet-50, both backends). `exportModel` has verified that both agree.
 * @param location path or `file:` URL of a run or of an exported model
 * @param options whether and where TensorFlow computes. Default: FINETUNE_BACKEND, FINETUNE_DEVICE and FINETUNE_OFFLINE.
 * @throws InvalidModelError if it is not an exported model, or a file is missing, truncated, changed or from another export;
 * WeightsFileError for values that training cannot produce
 * @throws AbortedError; ArgumentError (exit 2); BackendError, GpuError (exit 4) if a requested backend is not available
 *
 * @example
 * import {loadModel} from 'finetune';
 *
 * const model = await loadModel('./pets-run', {backend: 'wasm'});
 * const [best] = await model.classify('./new-image.jpg');
 * console.log(best.className, best.probability);
 * model.dispose();
 */
export async function loadModel(
  location: string | URL,
  options: LoadModelOptions = {},
): Promise<ExportedModel> {
  checkOptions('loadModel()', options, OPTIONS);
  const directory = resolveDirectory(location);
  const record = await readModelRecord(directory);
  const tensors = await readTensors(directory, record);
  await startBackend({install: false, ...options});
  // A running backend is not started again and does not check the signal.
  throwIfAborted(options.signal);
  return new ExportedModel(directory, record, buildInferenceModel(record, tensors));
}
