import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {disposeWeights, toDevice} from '../backbones/parameters.js';
import {readWeights} from '../backbones/readers/read-weights.js';
import {featureWidth} from '../backbones/resnet-specs.js';
import {checkFiniteValues} from '../backbones/weights/weights-values.js';
import {
  CALLBACK,
  checkArgument,
  checkOptions,
  BOOLEAN,
  PATH,
  ABORT_SIGNAL,
  type OptionKinds,
} from '../core/arguments.js';
import {AbortedError} from '../core/errors.js';
import type {StateDict} from '../core/state-dict.js';
import {DEVICE_KIND, BACKEND_KIND} from '../backend/runtime/backend-options.js';
import {startBackend, type BackendOptions} from '../backend/runtime/runtime.js';
import type {ClassifierNetwork} from '../heads/classifier.js';
import {toInference, type InferenceModel} from '../heads/inference-model.js';
import {denseLayers} from '../heads/head.js';
import {MODEL_FILES, specOf, type ModelRecord} from './model-record.js';
import {ExportedModel} from './exported-model.js';
import {InvalidModelError, modelDirectory, readModelRecord} from './read-model-record.js';
import {findTensorProblem} from './record-problems.js';

/** A network without its weights. */
type NetworkPlan = Omit<ClassifierNetwork, 'weights'>;

function planNetwork(record: ModelRecord): NetworkPlan {
  const {head, classes, preprocessing} = record;
  const spec = specOf(record);
  return {spec, head, layers: denseLayers(head, featureWidth(spec), classes.length), preprocessing};
}

async function readTensors(path: string, record: ModelRecord): Promise<StateDict> {
  const {tensors, metadata} = await readWeights(path);
  const problem = findTensorProblem(record, tensors, metadata);
  if (problem !== undefined) {
    throw new InvalidModelError(
      path,
      `${path} is not of one export with finetune.json: found ${problem}. Export the exported model again.`,
    );
  }
  for (const [name, {data}] of tensors) checkFiniteValues(path, name, name, data);
  return tensors;
}

function resolveDirectory(location: unknown): string {
  const path =
    location instanceof URL && location.protocol === 'file:' ? fileURLToPath(location) : location;
  checkArgument('loadModel()', 'directory', path, {...PATH, expected: 'the path of a directory'});
  return modelDirectory(path as string) ?? (path as string);
}

function buildInferenceModel(plan: NetworkPlan, tensors: StateDict): InferenceModel {
  const weights = toDevice(tensors);
  try {
    return toInference({...plan, weights});
  } finally {
    disposeWeights(weights);
  }
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
  const plan = planNetwork(record);
  const path = join(directory, MODEL_FILES.tensors);
  const tensors = await readTensors(path, record);
  await startBackend({install: false, ...options});
  // A backend that runs already is not started, and stops for nothing.
  if (options.signal?.aborted === true) throw new AbortedError();
  return new ExportedModel(directory, record, buildInferenceModel(plan, tensors));
}
