import {
  CALLBACK,
  checkOptions,
  BOOLEAN,
  ABORT_SIGNAL,
  oneOf,
  type OptionKinds,
} from '../core/arguments.js';
import {throwIfAborted} from '../core/errors.js';
import {DEVICE_KIND, BACKEND_KIND} from '../backend/runtime/backend-options.js';
import {startBackend, type BackendOptions} from '../backend/runtime/runtime.js';
import {findClassOrder} from './ensemble/class-order.js';
import {readModels, type StoredMember, type StoredModel} from './ensemble/read-models.js';
import {VOTES, type Vote} from './ensemble/vote.js';
import {ExportedModel, type ModelMembers} from './exported-model.js';
import {ModelMember} from './model-member.js';
import {resolveDirectories, type ModelLocation} from './record/model-directory.js';
import {buildInferenceModel, openSetScorer, readTensors} from './stored-network.js';

/**
 * Backend options, used if no backend is running yet, and the vote of an ensemble.
 *
 * @example
 * const options: LoadModelOptions = {backend: 'tensorflow', offline: true};
 * const loaded = await loadModel('./pets-run', options);
 */
export type LoadModelOptions = Pick<
  BackendOptions,
  'backend' | 'device' | 'offline' | 'install' | 'onEvent' | 'signal'
> & {
  /** How the members of an ensemble are combined. Default: as the ensemble was exported, else `mean`. */
  readonly vote?: Vote;
};

const OPTIONS: OptionKinds<LoadModelOptions> = {
  ...{
    backend: BACKEND_KIND,
    device: DEVICE_KIND,
    offline: BOOLEAN,
    install: BOOLEAN,
    onEvent: CALLBACK,
    signal: ABORT_SIGNAL,
    vote: oneOf(...VOTES),
  },
};

async function loadMember(
  {name, directory, record}: StoredMember,
  classNames: readonly string[],
): Promise<ModelMember> {
  const order = findClassOrder({name, classNames}, {name, classNames: record.classes});
  const tensors = await readTensors(directory, record);
  const network = buildInferenceModel(record, tensors);
  return new ModelMember(name, directory, record, network, order, openSetScorer(record, tensors));
}

/** Loads networks one after another. If one cannot be loaded, the others are disposed. */
async function loadMembers(
  {members: [first, ...others], classNames}: StoredModel,
  signal: AbortSignal | undefined,
): Promise<ModelMembers> {
  const loaded: [ModelMember, ...ModelMember[]] = [await loadMember(first, classNames)];
  try {
    for (const member of others) {
      throwIfAborted(signal);
      loaded.push(await loadMember(member, classNames));
    }
    return loaded;
  } catch (error) {
    for (const member of loaded) member.dispose();
    throw error;
  }
}

/**
 * Loads an exported classifier for use in Node: a model, an exported ensemble, or several models as one ensemble. It uses the running backend. If none is running, it starts TensorFlow if installed, else
 * the portable backend. Nothing is installed unless `install` is set.
 *
 * The model runs the forward pass of this project over `model.safetensors`, with batch norms folded, and does not use tf.layers. This was
 * measured to take 7 to 20 % less processor time per image (ResNet-50, both backends). `exportModel` has verified that both agree.
 * @param location path or `file:` URL of a run, an exported model or an exported ensemble; or a list of them, which are loaded as one
 * ensemble. They may differ in architecture and image size, but not in their classes.
 * @param options whether and where TensorFlow computes. Default: FINETUNE_BACKEND, FINETUNE_DEVICE and FINETUNE_OFFLINE.
 * @throws InvalidModelError if it is not an exported model, or a file is missing, truncated, changed or from another export;
 * WeightsFileError for values that training cannot produce; ClassesDifferError (exit 2) for models of different classes
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
  location: ModelLocation | readonly ModelLocation[],
  options: LoadModelOptions = {},
): Promise<ExportedModel> {
  checkOptions('loadModel()', options, OPTIONS);
  const {vote, ...backendOptions} = options;
  const directories = resolveDirectories('loadModel()', location);
  const stored = await readModels(directories);
  await startBackend(backendOptions);
  // A running backend is not started again and does not check the signal.
  throwIfAborted(options.signal);
  return new ExportedModel(
    directories.join(', '),
    stored.classNames,
    await loadMembers(stored, options.signal),
    vote ?? stored.vote ?? 'mean',
    stored.metrics,
  );
}
