import {
  CALLBACK,
  checkArgument,
  checkOptions,
  objectWith,
  ABORT_SIGNAL,
  oneOf,
  type ArgumentKind,
} from '../core/arguments.js';
import {defineError, DatasetError, UsageError} from '../core/errors.js';
import type {Finding} from '../core/finding.js';
import {checkFolder} from '../datasets/discovery/folder-arguments.js';
import {everySample} from '../datasets/discovery/image-folder.js';
import type {ImageFolder, Sample} from '../datasets/sample.js';
import {
  TEST_TIME_AUGMENTATIONS,
  type TestTimeAugmentation,
} from '../datasets/images/test-time-views.js';
import type {ExportedModel} from '../export/exported-model.js';
import type {Metrics} from '../training/metrics/metrics.js';
import {evaluateSamples} from './evaluation/evaluate-samples.js';
import {
  assertTellsUnknown,
  evaluateUnknown,
  type ThresholdChoice,
  type UnknownEvaluation,
} from './evaluation/evaluate-unknown.js';
import {matchLabels} from './evaluation/match-labels.js';
import type {EnsembleEvaluation} from './evaluation/member-comparison.js';
import type {RunEventListener} from './events.js';
import {RunContext} from './run/run-context.js';

/** Options of an evaluation. @example await evaluate(model, folder, {tta: 'flip', signal: AbortSignal.timeout(60_000)}); */
export interface EvaluateOptions {
  readonly onEvent?: RunEventListener;
  /** Test-time augmentation. Default: `none`. */
  readonly tta?: TestTimeAugmentation;
  /** Paths of images of none of the classes, to measure how well the model tells them. */
  readonly unknown?: readonly string[];
  /**
   * Chooses a threshold of unknown images on the images: the fraction of known ones to keep, or `balanced`, which keeps and rejects most.
   * It needs `unknown`, one network, and no test-time augmentation. The model does not change.
   */
  readonly thresholdRule?: ThresholdChoice['rule'];
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
  /** The members of an ensemble, and a comparison with the best one. */
  readonly ensemble?: EnsembleEvaluation;
  /** How well the model tells images of none of its classes, if `unknown` was given. */
  readonly unknown?: UnknownEvaluation;
  /** Evaluated split of the folder: images that training did not see, if the folder defines such a split. */
  readonly split: 'test' | 'validation' | 'all';
  readonly images: ImageCounts;
  readonly findings: readonly Finding[];
}

/** No image can be evaluated: every image is broken, or there are none. */
export class NoEvaluationImagesError extends defineError(
  DatasetError,
  'NO_EVALUATION_IMAGES',
  ({root, images}: {root: string; images: number}) =>
    `None of the ${images} images in ${root} is readable and of a class of the exported model. Add images.`,
) {}

const PATHS: ArgumentKind = {
  expected: 'a list of paths',
  accepts: value =>
    Array.isArray(value) && value.length > 0 && value.every(path => typeof path === 'string'),
};

const THRESHOLD_RULE: ArgumentKind = {
  expected: "a fraction from 0.5 to below 1, or 'balanced'",
  accepts: value =>
    value === 'balanced' || (typeof value === 'number' && value >= 0.5 && value < 1),
};

/** @throws UsageError (exit 2) for a rule that the other options leave nothing to choose on */
function checkThresholdRule({thresholdRule, unknown, tta = 'none'}: EvaluateOptions): void {
  if (thresholdRule === undefined) return;
  if (unknown === undefined)
    throw new UsageError(
      'A threshold of unknown images is chosen on images of both kinds. Give unknown images, too.',
    );
  if (tta !== 'none')
    throw new UsageError(
      `A threshold of unknown images is for single views. Leave out test-time augmentation (${tta}).`,
    );
}

const EXPORTED_MODEL = objectWith('what loadModel() returned', [
  'classNames',
  'members',
  'memberScores',
]);

function selectSplit(folder: ImageFolder): {
  readonly split: Evaluation['split'];
  readonly samples: readonly Sample[];
} {
  if (folder.test !== undefined) return {split: 'test', samples: folder.test};
  if (folder.validation !== undefined) return {split: 'validation', samples: folder.validation};
  return {split: 'all', samples: everySample(folder)};
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
 * Evaluates an exported model on a folder: its test split, else its validation split, else all of it. Classes are matched by name. Of an
 * ensemble, the members are evaluated, too.
 * @throws NoCommonClassError (exit 3); NoCornersError (exit 2) for ten crops of a model without crops; NoOpenSetError (exit 2) for `unknown`; ArgumentError, ModelDisposedError (exit 2); AbortedError
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
  checkOptions<EvaluateOptions>('evaluate()', options, {
    onEvent: CALLBACK,
    signal: ABORT_SIGNAL,
    tta: oneOf(...TEST_TIME_AUGMENTATIONS),
    unknown: PATHS,
    thresholdRule: THRESHOLD_RULE,
  });
  const {tta = 'none', unknown: unknownPaths, thresholdRule} = options;
  checkThresholdRule(options);
  if (unknownPaths !== undefined) assertTellsUnknown(model, thresholdRule);
  const run = new RunContext(options);
  folder.findings.forEach(finding => run.addFinding(finding));
  const labels = matchLabels(folder, model.classNames, run);
  const {split, samples} = selectSplit(folder);
  const evaluated = samples.filter(({label}) => labels.has(label));
  const {metrics, ensemble, knownScores} = await evaluateSamples(
    model,
    evaluated,
    labels,
    tta,
    run,
  );
  if (metrics === undefined)
    throw new NoEvaluationImagesError({root: folder.root, images: evaluated.length});
  const images = countImages(folder, labels, evaluated.length, metrics.numImages, run);
  const unknown =
    unknownPaths &&
    (await evaluateUnknown(model, knownScores, unknownPaths, tta, run, thresholdRule));
  return {
    metrics,
    ...(ensemble && {ensemble}),
    ...(unknown && {unknown}),
    ...{split, images, findings: run.findings},
  };
}
