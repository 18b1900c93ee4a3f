import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {disposeWeights, upload} from '../backbones/device-weights.js';
import {readWeights} from '../backbones/readers/read-weights.js';
import {featureWidth} from '../backbones/resnet-specs.js';
import {checkValues} from '../backbones/weights-values.js';
import {CALLBACK, checkArgument, checkOptions, FLAG, PATH, SIGNAL, type Kinds} from '../core/arguments.js';
import {AbortedError} from '../core/errors.js';
import type {NamedHostTensors} from '../core/host-tensor.js';
import {DEVICE_KIND, ENGINE_KIND} from '../engine/engine-request.js';
import {startEngine, type EngineWish} from '../engine/runtime.js';
import type {Network} from '../heads/classifier.js';
import {freezeClassifier, type FrozenClassifier} from '../heads/frozen-classifier.js';
import {denseLayers} from '../heads/head.js';
import {BUNDLE_FILES, specOf, type BundleRecord} from './bundle-record.js';
import {Bundle} from './bundle.js';
import {BundleError, bundleDirectory, openBundle} from './open-bundle.js';
import {faultOfTensors} from './record-faults.js';

/** A network without its weights. */
type Plan = Omit<Network, 'weights'>;

function planOf(record: BundleRecord): Plan {
  const {head, classes, preprocessing} = record;
  const spec = specOf(record);
  return {spec, head, layers: denseLayers(head, featureWidth(spec), classes.length), preprocessing};
}

async function readTensors(path: string, record: BundleRecord): Promise<NamedHostTensors> {
  const {tensors, metadata} = await readWeights(path);
  const fault = faultOfTensors(record, tensors, metadata);
  if (fault !== undefined) {
    throw new BundleError(path, `${path} is not of one export with finetune.json: found ${fault}. Export the bundle again.`);
  }
  for (const [name, {data}] of tensors) checkValues(path, name, name, data);
  return tensors;
}

function directoryOf(place: unknown): string {
  const path = place instanceof URL && place.protocol === 'file:' ? fileURLToPath(place) : place;
  checkArgument('loadBundle()', 'directory', path, {...PATH, expected: 'the path of a directory'});
  return bundleDirectory(path as string) ?? (path as string);
}

function freeze(plan: Plan, tensors: NamedHostTensors): FrozenClassifier {
  const weights = upload(tensors);
  try {
    return freezeClassifier({...plan, weights});
  } finally {
    disposeWeights(weights);
  }
}

/** Which engine computes, where none runs yet. */
export type LoadBundleOptions = Pick<EngineWish, 'engine' | 'device' | 'offline' | 'install' | 'onEvent' | 'signal'>;

const OPTIONS: Kinds<LoadBundleOptions> = {
  ...{engine: ENGINE_KIND, device: DEVICE_KIND, offline: FLAG, install: FLAG, onEvent: CALLBACK, signal: SIGNAL},
};

/**
 * Loads an exported classifier for use in Node, on the engine that runs or, where none does, on TensorFlow where it is installed, else on
 * the portable engine: nothing is installed unless `install` says so.
 *
 * It is computed by this project's own forward pass over `model.safetensors`, batch norms folded away, and not through tf.layers: a picture
 * was measured to take 7 to 20 % less processor time so (ResNet-50, both engines), and `saveBundle` has proven both equal.
 * @param place a run, or the bundle as `saveBundle` or a run left it: a path or a `file:` URL
 * @param options whether and where TensorFlow computes; by default as FINETUNE_ENGINE, FINETUNE_DEVICE and FINETUNE_OFFLINE say
 * @throws BundleError when it is none, or a file of it is missing, cut off, changed or of another export; WeightsFileError for numbers that no
 * training leaves
 * @throws AbortedError; ArgumentError (exit 2); EngineError, GpuError (exit 4) for a demanded engine that is not to be had
 */
export async function loadBundle(place: string | URL, options: LoadBundleOptions = {}): Promise<Bundle> {
  checkOptions('loadBundle()', options, OPTIONS);
  const directory = directoryOf(place);
  const record = await openBundle(directory);
  const plan = planOf(record);
  const path = join(directory, BUNDLE_FILES.tensors);
  const tensors = await readTensors(path, record);
  await startEngine({install: false, ...options});
  // An engine that runs already is not started, and stops for nothing.
  if (options.signal?.aborted === true) throw new AbortedError();
  return new Bundle(directory, record, freeze(plan, tensors));
}
