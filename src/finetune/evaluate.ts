import {inferenceBatchSize} from '../backbones/activation-bytes.js';
import {formatInteger} from '../core/text/format-count.js';
import {
  CALLBACK,
  checkArgument,
  checkOptions,
  objectWith,
  ABORT_SIGNAL,
} from '../core/arguments.js';
import {defineError, DatasetError, throwIfAborted} from '../core/errors.js';
import type {Finding} from '../core/finding.js';
import {readSquare} from '../datasets/images/read-square.js';
import {checkFolder} from '../datasets/discovery/folder-arguments.js';
import {everySample} from '../datasets/discovery/image-folder.js';
import type {ImageFolder, Sample} from '../datasets/sample.js';
import {skippedFindings} from '../datasets/discovery/skipped-files.js';
import {describeDecodeError} from '../datasets/images/image-error.js';
import type {ExportedModel} from '../export/exported-model.js';
import {RunningMetrics, type Metrics} from '../training/metrics/metrics.js';
import type {RunEventListener} from './events.js';
import {RunContext} from './run/run-context.js';

/** Event listener and abort signal of an evaluation. @example await evaluate(model, folder, {signal: AbortSignal.timeout(60_000)}); */
export interface EvaluateOptions {
  readonly onEvent?: RunEventListener;
  readonly signal?: AbortSignal;
}

/** Counts of the images in a folder, including files that should be images. `found` is the sum of the other four. */
export interface ImageCounts {
  readonly found: number;
  readonly evaluated: number;
  readonly unreadable: number;
  readonly unknownClass: number;
  /** Images in splits that were not evaluated, such as the training split. */
  readonly otherSplits: number;
}

/** Result of an evaluation. @example const {split, images}: Evaluation = await evaluate(model, folder); */
export interface Evaluation {
  readonly metrics: Metrics;
  /** Evaluated split of the folder: images that training did not see, if the folder defines such a split. */
  readonly split: 'test' | 'validation' | 'all';
  readonly images: ImageCounts;
  readonly findings: readonly Finding[];
}

/** The folder and the exported model have no class in common. */
export class NoCommonClassError extends defineError(
  DatasetError,
  'NO_COMMON_CLASS',
  ({root, known, found}: {root: string; known: readonly string[]; found: readonly string[]}) =>
    `${root} shares no class with the exported model: it has ${formatNames(found)}, the model has ${formatNames(known)}. Name the classes as in the labels.txt of the model.`,
) {}

/** No image can be evaluated: every image is broken, or there are none. */
export class NoEvaluationImagesError extends defineError(
  DatasetError,
  'NO_EVALUATION_IMAGES',
  ({root, images}: {root: string; images: number}) =>
    `None of the ${images} images in ${root} is readable and of a class of the exported model. Add images.`,
) {}

const formatNames = (names: readonly string[]): string =>
  names.slice(0, 5).join(', ') + (names.length > 5 ? ', ...' : '');

const EXPORTED_MODEL = objectWith('what loadModel() returned', [
  'classNames',
  'preprocessing',
  'probabilities',
]);

/** Maximum number of images that are decoded and classified per batch. */
const MAX_BATCH_SIZE = 32;

function selectSplit(folder: ImageFolder): {
  readonly split: Evaluation['split'];
  readonly samples: readonly Sample[];
} {
  if (folder.test !== undefined) return {split: 'test', samples: folder.test};
  if (folder.validation !== undefined) return {split: 'validation', samples: folder.validation};
  return {split: 'all', samples: everySample(folder)};
}

/**
 * Maps labels of the folder to labels of the exported model, by class name. Unmatched classes are reported as findings and never shifted.
 */
function matchLabels(
  folder: ImageFolder,
  model: ExportedModel,
  run: RunContext,
): ReadonlyMap<number, number> {
  const known = new Map(model.classNames.map((name, label) => [name.normalize('NFC'), label])); // like the class names of folders
  const unknownClasses = folder.classNames.filter(name => !known.has(name));
  const missingClasses = model.classNames.filter(
    name => !folder.classNames.includes(name.normalize('NFC')),
  );
  if (unknownClasses.length === folder.classNames.length)
    throw new NoCommonClassError({
      root: folder.root,
      known: model.classNames,
      found: folder.classNames,
    });
  const addFinding = (code: string, message: string, files: readonly string[] = []): void =>
    run.addFinding({code, severity: 'warning', message, files});
  const unknownImages = everySample(folder).flatMap(({name, label}) =>
    known.has(folder.classNames[label]!) ? [] : [name],
  );
  if (unknownClasses.length > 0)
    addFinding(
      'unknown-class',
      `The exported model does not know ${formatNames(unknownClasses)}; those images (${formatInteger(unknownImages.length)}) are skipped.`,
      unknownImages,
    );
  if (missingClasses.length > 0)
    addFinding(
      'missing-class',
      `There are no images of ${formatNames(missingClasses)}; they are not evaluated.`,
    );
  return new Map(
    folder.classNames.flatMap((name, label) =>
      known.has(name) ? [[label, known.get(name)!]] : [],
    ),
  );
}

interface ImageBatch {
  readonly pixels: Uint8Array;
  readonly labels: Int32Array;
}

/** Decodes samples with the preprocessing of the exported model. An unreadable image becomes a finding. */
async function readBatch(
  samples: readonly Sample[],
  labels: ReadonlyMap<number, number>,
  model: ExportedModel,
  run: RunContext,
): Promise<ImageBatch> {
  const {cropSize} = model.preprocessing;
  const read = await Promise.all(
    samples.map(async ({path, name, label}) => {
      try {
        return {label: labels.get(label)!, pixels: await readSquare(path, model.preprocessing)};
      } catch (error) {
        skippedFindings('unreadable-image', 'warning', [name], describeDecodeError(error)).forEach(
          finding => run.addFinding(finding),
        );
        return undefined;
      }
    }),
  );
  const readable = read.filter(image => image !== undefined);
  const pixels = new Uint8Array(readable.length * cropSize * cropSize * 3);
  readable.forEach((image, i) => pixels.set(image.pixels, i * image.pixels.length));
  return {pixels, labels: Int32Array.from(readable, ({label}) => label)};
}

/** Number of distinct unreadable files. */
const unreadableIn = (findings: readonly Finding[]): number =>
  new Set(findings.flatMap(({code, files}) => (code === 'unreadable-image' ? files : []))).size;

/** @param requested number of images to evaluate */
function countImages(
  folder: ImageFolder,
  labels: ReadonlyMap<number, number>,
  requested: number,
  evaluated: number,
  run: RunContext,
): ImageCounts {
  const every = everySample(folder);
  const known = every.filter(({label}) => labels.has(label)).length;
  const [unreadable, unknownClass, otherSplits] = [
    unreadableIn(run.findings),
    every.length - known,
    known - requested,
  ];
  return {
    found: evaluated + unreadable + unknownClass + otherSplits,
    evaluated,
    unreadable,
    unknownClass,
    otherSplits,
  };
}

/**
 * Sum over images of -log(probability of the true class) in nats. A probability that float32 rounds to 0 counts as its smallest normal
 * number.
 */
const lossSum = (probabilities: Float32Array, labels: Int32Array, classes: number): number =>
  labels.reduce(
    (sum, label, i) => sum - Math.log(Math.max(probabilities[i * classes + label]!, 1.2e-38)),
    0,
  );

/**
 * Evaluates an exported model on a folder: its test split, else its validation split, else all of it. Classes are matched by name.
 * @throws NoCommonClassError (exit 3); ArgumentError, ModelDisposedError (exit 2); AbortedError
 *
 * @example
 * import {evaluate, loadImageFolder, loadModel} from 'finetune';
 * const model = await loadModel('./pets-run');
 * const {metrics} = await evaluate(model, await loadImageFolder('./new-pets'));
 * console.log(metrics.accuracy, metrics.accuracyCi95);
 */
export async function evaluate(
  model: ExportedModel,
  folder: ImageFolder,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkArgument('evaluate()', 'model', model, EXPORTED_MODEL);
  checkFolder('evaluate()', folder);
  checkOptions<EvaluateOptions>('evaluate()', options, {onEvent: CALLBACK, signal: ABORT_SIGNAL});
  const {signal} = options;
  const run = new RunContext(options);
  folder.findings.forEach(finding => run.addFinding(finding));
  const labels = matchLabels(folder, model, run);
  const {split, samples} = selectSplit(folder);
  const evaluated = samples.filter(({label}) => labels.has(label));
  const metrics = new RunningMetrics(model.classNames);
  const batchSize = inferenceBatchSize(model.spec, model.preprocessing.cropSize, MAX_BATCH_SIZE);
  const nextBatch = (start: number): Promise<ImageBatch> =>
    readBatch(evaluated.slice(start, start + batchSize), labels, model, run);
  let next = nextBatch(0);
  for (let start = 0; start < evaluated.length; start += batchSize) {
    throwIfAborted(signal);
    const {pixels, labels: truths} = await next;
    next = nextBatch(start + batchSize);
    if (truths.length === 0) continue;
    const probabilities = model.probabilities(pixels);
    metrics.add(probabilities, truths, lossSum(probabilities, truths, model.classNames.length));
    run.progress(
      'evaluate',
      Math.min(start + batchSize, evaluated.length),
      evaluated.length,
      'images',
    );
  }
  if (metrics.numImages === 0)
    throw new NoEvaluationImagesError({root: folder.root, images: evaluated.length});
  const images = countImages(folder, labels, evaluated.length, metrics.numImages, run);
  return {metrics: metrics.metrics(), split, images, findings: run.findings};
}
