import {imagesAtATime} from '../backbones/activation-bytes.js';
import {count} from '../core/count.js';
import {CALLBACK, checkArgument, checkOptions, having, SIGNAL} from '../core/arguments.js';
import {AbortedError, DatasetError} from '../core/errors.js';
import type {Finding} from '../core/finding.js';
import {decode} from '../datasets/decode.js';
import {centreCrop} from '../datasets/windows.js';
import {checkFolder} from '../datasets/folder-arguments.js';
import {everySample, type ImageFolder, type Sample} from '../datasets/image-folder.js';
import {leftOut} from '../datasets/left-out.js';
import {decodingFault} from '../datasets/readability.js';
import type {Bundle} from '../export/bundle.js';
import {RunningMetrics, type Metrics} from '../training/metrics.js';
import type {Listener} from './events.js';
import {RunContext} from './run-context.js';

export interface EvaluateOptions {
  readonly onEvent?: Listener;
  readonly signal?: AbortSignal;
}

/** What became of the images of a folder and of the files that should be some; the last four add up to the first. */
export interface ImageCounts {
  readonly found: number;
  readonly measured: number;
  readonly unreadable: number;
  readonly unknownClass: number;
  /** In parts that were not measured, as those for training. */
  readonly otherParts: number;
}

export interface Evaluation {
  readonly metrics: Metrics;
  /** The part of the folder that was measured: what no training saw, where the folder says so. */
  readonly part: 'test' | 'validation' | 'all';
  readonly images: ImageCounts;
  readonly findings: readonly Finding[];
}

/** A folder that shares no class with the bundle it is measured with. */
export class NoCommonClassError extends DatasetError {
  override readonly code = 'NO_COMMON_CLASS';

  constructor(
    readonly root: string,
    readonly known: readonly string[],
    readonly found: readonly string[],
  ) {
    super(
      `Expected images of ${list(known)} in ${root}, but found only classes ${list(found)}. ` +
        'Name the classes as those of the bundle are named (labels.txt).',
    );
  }
}

/** Nothing that could be measured: every image is broken, or there is none. */
export class NothingToMeasureError extends DatasetError {
  override readonly code = 'NOTHING_TO_MEASURE';

  constructor(
    readonly root: string,
    readonly images: number,
  ) {
    super(`Expected at least one readable image of a class of the bundle in ${root}, but found none among ${images}. Add images.`);
  }
}

const list = (names: readonly string[]): string => names.slice(0, 5).join(', ') + (names.length > 5 ? ', ...' : '');

const BUNDLE = having('what loadBundle() returned', ['classNames', 'preprocessing', 'probabilities']);

/** Images decoded and run at a time, at most. */
const MOST = 32;

function partOf(folder: ImageFolder): {readonly part: Evaluation['part']; readonly samples: readonly Sample[]} {
  if (folder.test !== undefined) return {part: 'test', samples: folder.test};
  if (folder.validation !== undefined) return {part: 'validation', samples: folder.validation};
  return {part: 'all', samples: everySample(folder)};
}

/** Labels of the folder -> labels of the bundle, by name; what has no counterpart is said, never shifted. */
function matchLabels(folder: ImageFolder, bundle: Bundle, run: RunContext): ReadonlyMap<number, number> {
  const known = new Map(bundle.classNames.map((name, label) => [name.normalize('NFC'), label])); // as those of folders are
  const extra = folder.classNames.filter(name => !known.has(name));
  const missing = bundle.classNames.filter(name => !folder.classNames.includes(name.normalize('NFC')));
  if (extra.length === folder.classNames.length) throw new NoCommonClassError(folder.root, bundle.classNames, folder.classNames);
  const say = (code: string, message: string, files: readonly string[] = []): void => run.find({code, severity: 'warning', message, files});
  const strangers = everySample(folder).flatMap(({name, label}) => (known.has(folder.classNames[label]!) ? [] : [name]));
  if (extra.length > 0)
    say('class-unknown', `The bundle does not know ${list(extra)}; those images (${count(strangers.length)}) are left out.`, strangers);
  if (missing.length > 0) say('class-missing', `No images of ${list(missing)} are in the folder; nothing is said of them.`);
  return new Map(folder.classNames.flatMap((name, label) => (known.has(name) ? [[label, known.get(name)!]] : [])));
}

interface Chunk {
  readonly pixels: Uint8Array;
  readonly labels: Int32Array;
}

/** Decodes samples as the bundle wants them; one that cannot be read is a finding. */
async function readChunk(samples: readonly Sample[], labels: ReadonlyMap<number, number>, bundle: Bundle, run: RunContext): Promise<Chunk> {
  const {cropSize} = bundle.preprocessing;
  const read = await Promise.all(
    samples.map(async ({path, name, label}) => {
      try {
        return {label: labels.get(label)!, pixels: centreCrop(await decode(path, bundle.preprocessing), cropSize)};
      } catch (error) {
        leftOut('unreadable-image', 'warning', [name], decodingFault(error)).forEach(finding => run.find(finding));
        return undefined;
      }
    }),
  );
  const readable = read.filter(image => image !== undefined);
  const pixels = new Uint8Array(readable.length * cropSize * cropSize * 3);
  readable.forEach((image, i) => pixels.set(image.pixels, i * image.pixels.length));
  return {pixels, labels: Int32Array.from(readable, ({label}) => label)};
}

/** Files that were found and could not be read, each once. */
const unreadableIn = (findings: readonly Finding[]): number =>
  new Set(findings.flatMap(({code, files}) => (code === 'unreadable-image' ? files : []))).size;

/** @param meant images that were to be measured */
function countImages(
  folder: ImageFolder,
  labels: ReadonlyMap<number, number>,
  meant: number,
  measured: number,
  run: RunContext,
): ImageCounts {
  const every = everySample(folder);
  const known = every.filter(({label}) => labels.has(label)).length;
  const [unreadable, unknownClass, otherParts] = [unreadableIn(run.findings), every.length - known, known - meant];
  return {found: measured + unreadable + unknownClass + otherParts, measured, unreadable, unknownClass, otherParts};
}

/** Sum over images of -log(probability of the truth), nats; a probability that float32 rounds to 0 counts as the smallest it holds. */
const lossSum = (probabilities: Float32Array, labels: Int32Array, classes: number): number =>
  labels.reduce((sum, label, i) => sum - Math.log(Math.max(probabilities[i * classes + label]!, 1.2e-38)), 0);

/**
 * Measures an exported bundle on a folder: its test part, else its validation part, else all of it. Classes are matched by name.
 * @throws NoCommonClassError (exit 3); ArgumentError, BundleDisposedError (exit 2); AbortedError
 */
export async function evaluate(bundle: Bundle, folder: ImageFolder, options: EvaluateOptions = {}): Promise<Evaluation> {
  checkArgument('evaluate()', 'bundle', bundle, BUNDLE);
  checkFolder('evaluate()', folder);
  checkOptions<EvaluateOptions>('evaluate()', options, {onEvent: CALLBACK, signal: SIGNAL});
  const {onEvent, signal} = options;
  const run = new RunContext(onEvent, signal);
  folder.findings.forEach(finding => run.find(finding));
  const labels = matchLabels(folder, bundle, run);
  const {part, samples} = partOf(folder);
  const measured = samples.filter(({label}) => labels.has(label));
  const metrics = new RunningMetrics(bundle.classNames);
  const atATime = imagesAtATime(bundle.spec, bundle.preprocessing.cropSize, MOST);
  const chunk = (start: number): Promise<Chunk> => readChunk(measured.slice(start, start + atATime), labels, bundle, run);
  let next = chunk(0);
  for (let start = 0; start < measured.length; start += atATime) {
    if (signal?.aborted) throw new AbortedError();
    const {pixels, labels: truths} = await next;
    next = chunk(start + atATime);
    if (truths.length === 0) continue;
    const probabilities = bundle.probabilities(pixels);
    metrics.add(probabilities, truths, lossSum(probabilities, truths, bundle.classNames.length));
    run.progress('evaluate', Math.min(start + atATime, measured.length), measured.length, 'images');
  }
  if (metrics.count === 0) throw new NothingToMeasureError(folder.root, measured.length);
  const images = countImages(folder, labels, measured.length, metrics.count, run);
  return {metrics: metrics.metrics(), part, images, findings: run.findings};
}
