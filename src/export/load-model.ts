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
 * Which backend computes, where none runs yet.
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
 * Loads an exported classifier for use in Node, on the backend that runs or, where none does, on TensorFlow where it is installed, else on
 * the portable backend: nothing is installed unless `install` says so.
 *
 * It is computed by this project's own forward pass over `model.safetensors`, batch norms folded away, and not through tf.layers: an image
 * was measured to take 7 to 20 % less processor time so (ResNet-50, both backends), and `exportModel` has proven both equal.
 * @param location a run, or the exported model as `exportModel` or a run left it: a path or a `file:` URL
 * @param options whether and where TensorFlow computes; by default as FINETUNE_BACKEND, FINETUNE_DEVICE and FINETUNE_OFFLINE say
 * @throws InvalidModelError when it is none, or a file of it is missing, cut off, changed or of another export; WeightsFileError for numbers that no
 * training leaves
 * @throws AbortedError; ArgumentError (exit 2); BackendError, GpuError (exit 4) for a demanded backend that is not to be had
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
  // A backend that runs already is not started, and stops for nothing.
  throwIfAborted(options.signal);
  return new ExportedModel(directory, record, buildInferenceModel(record, tensors));
}
