import {startBackend, type BackendOptions} from '../../backend/runtime/runtime.js';
import {tf} from '../../backend/tensorflow.js';
import {throwIfAborted} from '../../core/errors.js';
import {everySample} from '../../datasets/discovery/image-folder.js';
import type {ImageFolder} from '../../datasets/sample.js';
import type {Classifier} from '../../heads/classifier.js';
import type {FeatureCache} from '../../training/features/feature-cache.js';
import {frozenBatchSize} from '../../training/features/feature-passes.js';
import {createPhaseModel, type PhaseModel} from '../../training/loop/phase-model.js';
import {openDecodedImages} from '../preparation/decode-images.js';
import {RunContext, type RunContextOptions} from '../run/run-context.js';
import {
  createFeatureCache,
  featureCacheBudget,
  FROZEN,
  type CacheLimits,
} from './image-features.js';
import {openNetwork, type NetworkSource} from './network-source.js';
import {checkVectorFiles, writeVectors} from './vector-files.js';

export interface ExtractFeaturesOptions
  extends CacheLimits, Pick<RunContextOptions, 'onEvent' | 'signal' | 'workers'> {
  /** How to start the backend, if none is running. */
  readonly backend?: BackendOptions;
  /** Whether to replace existing files. */
  readonly overwrite?: boolean;
}

/** Vectors that were written. */
export interface ExtractedFeatures {
  /** Paths of the files, the vectors first. */
  readonly files: readonly string[];
  readonly width: number;
  readonly images: {readonly found: number; readonly written: number};
  /** The network and the name of its initial weights. */
  readonly network: Pick<Classifier, 'spec' | 'preprocessing' | 'head' | 'origin'>;
  readonly findings: RunContext['findings'];
}

/** Pooled features of all images of a cache, in its order. */
async function* vectorBatches(
  cache: FeatureCache,
  model: PhaseModel,
  signal: AbortSignal | undefined,
): AsyncGenerator<Float32Array> {
  const {inputs} = await cache.inputs(model);
  const order = cache.source.samples.map((_, index) => index);
  for await (const {x} of inputs.batches(order, frozenBatchSize(model), null)) {
    throwIfAborted(signal);
    const vectors = tf.tidy(() => model.forwardToFrozenDepth(x).dataSync<'float32'>().slice());
    x.dispose();
    yield vectors;
  }
}

/** Runs all images of a folder through a network, and writes what its pooling returns. */
async function writeFolder(
  folder: ImageFolder,
  classifier: Classifier,
  out: string,
  options: ExtractFeaturesOptions,
  run: RunContext,
): Promise<Pick<ExtractedFeatures, 'files' | 'width' | 'images'>> {
  const budget = featureCacheBudget(classifier, options);
  const {preprocessing, layers} = classifier;
  const images = await openDecodedImages(folder, preprocessing, budget / 2, options, run);
  const model = createPhaseModel(classifier, {learningRates: FROZEN, batchNorm: 'inference'});
  const cache = createFeatureCache(images, classifier, budget / 2, options, run);
  const {samples} = cache.source;
  const width = layers[0]!.inputs;
  try {
    images.findings.forEach(finding => run.addFinding(finding));
    const named = samples.map(({name, label}) => ({name, className: folder.classNames[label]!}));
    const batches = vectorBatches(cache, model, run.signal);
    const vectors = {width, images: named, batches};
    const files = await writeVectors(out, vectors, options.overwrite ?? false);
    return {files, width, images: {found: everySample(folder).length, written: samples.length}};
  } finally {
    await cache.clear();
    model.dispose();
    await images.close();
  }
}

/**
 * Computes the pooled features of every readable image of a folder, and writes them to a file: for searches by similarity, plots and
 * classifiers of other programs. Rows are in the order of the names. The features are those that a probe trains on, and share its cache.
 * @param out path that ends in `.npy` (float32 `[images, width]`, names and labels in `<out>-names.csv`) or `.csv`
 * @throws VectorFileError (exit 2) if a file exists, before any work; InvalidModelError; all errors of weights and images; AbortedError
 */
export async function extractFeatures(
  folder: ImageFolder,
  source: NetworkSource,
  out: string,
  options: ExtractFeaturesOptions = {},
): Promise<ExtractedFeatures> {
  const {backend, overwrite = false, ...runOptions} = options;
  checkVectorFiles(out, overwrite);
  const run = new RunContext({
    ...runOptions,
    ...(backend?.offline !== undefined && {offline: backend.offline}),
  });
  folder.findings.forEach(finding => run.addFinding(finding));
  await startBackend(backend);
  const {classifier} = await openNetwork(source, run);
  try {
    const written = await writeFolder(folder, classifier, out, options, run);
    return {...written, network: classifier, findings: run.findings};
  } finally {
    classifier.dispose();
  }
}
