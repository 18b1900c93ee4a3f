import type {CrossValidation} from '../finetune/cross-validation.js';
import type {FinetuneResult} from '../finetune/finetune.js';
import {duration, plural} from '../report/format.js';
import {smallSampleWarning, type MeasuredSet} from '../report/small-sample.js';
import type {Metrics} from '../training/metrics.js';
import type {Style} from './style.js';
import {labelled, listed, percent, printable, PROGRAM, quoted} from './words.js';

/** Classes and confusions that are told. */
const TOLD = 3;

interface Confusion {
  readonly truth: string;
  readonly prediction: string;
  readonly times: number;
}

/** Pairs of classes that are taken for each other, the most frequent first. */
function confusions({confusion}: Metrics, classNames: readonly string[]): Confusion[] {
  const pairs = confusion.flatMap((row, i) =>
    row.map((times, j) => ({truth: classNames[i]!, prediction: classNames[j]!, times: i === j ? 0 : times})),
  );
  return pairs.filter(({times}) => times > 0).sort((a, b) => b.times - a.times);
}

function weakest({perClass}: Metrics): string[] {
  const known = Object.entries(perClass).flatMap(([name, {recall}]) => (recall === null || recall === 1 ? [] : [{name, recall}]));
  known.sort((a, b) => a.recall - b.recall);
  return known.slice(0, TOLD).map(({name, recall}) => `${printable(name)} ${percent(recall)}`);
}

/** Largest class over smallest from which on accuracy hides the small ones. */
const UNEVEN = 1.5;

function isUneven({perClass}: Metrics): boolean {
  const supports = Object.values(perClass).flatMap(({support}) => (support === 0 ? [] : [support]));
  return Math.max(...supports) >= UNEVEN * Math.min(...supports);
}

function balanced({balancedAccuracy, balancedAccuracyInterval95: interval, macroF1}: Metrics): string {
  const known = interval === null ? '' : ` (95 % interval: ${percent(interval[0])} to ${percent(interval[1])})`;
  return `${percent(balancedAccuracy)} where every class counts alike${known}, macro-F1 ${macroF1.toFixed(3)}`;
}

type Lines = readonly (readonly [label: string, text: string])[];

/** What is to be known of a classifier's metrics on a set of images. */
export function metricsLines(metrics: Metrics, set: MeasuredSet, classNames: readonly string[], style: Style): Lines {
  const {
    accuracy,
    accuracyInterval95: [low, high],
    count,
  } = metrics;
  const weak = weakest(metrics);
  const mistaken = confusions(metrics, classNames)
    .slice(0, TOLD)
    .map(({truth, prediction, times}) => `${printable(`${truth} for ${prediction}`)} ${plural(times, 'time')}`);
  const warning = smallSampleWarning(metrics, set);
  return [
    [
      set === 'test' ? 'test' : 'accuracy',
      `${style.bold(style.good(percent(accuracy)))} of ${plural(count, set === 'all' ? 'image' : `${set} image`)} (95 % interval: ${percent(low)} to ${percent(high)})`,
    ],
    ...(warning === undefined ? [] : ([['', style.dim(warning)]] as const)),
    ...(isUneven(metrics) ? ([['balanced', balanced(metrics)]] as const) : []),
    ...(weak.length === 0 ? [] : ([['weakest', weak.join(', ')]] as const)),
    ...(mistaken.length === 0 ? [] : ([['mistaken', listed(mistaken)]] as const)),
  ];
}

const ACTIVITIES = ['engine', 'weights', 'decode', 'features', 'train', 'evaluate', 'export'] as const;

/**
 * Where the time went; what took less than half a second is left out.
 * @param total seconds that the person waited, the start of the program included
 */
function times(seconds: FinetuneResult['seconds'], total: number): string {
  const parts = ACTIVITIES.filter(activity => seconds[activity] >= 0.5).map(activity => `${activity} ${duration(seconds[activity])}`);
  return `${duration(total)}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`;
}

export const printed = (lines: Lines, {dim}: Style, columns: number): string =>
  lines.map(([label, text]) => labelled(dim, label, text, columns)).join('\n');

/** The end of a run, for people. */
export function runSummary({classifier, metrics, seconds, run, bundle}: FinetuneResult, style: Style, columns: number): string {
  const {classNames} = classifier;
  const lines: Lines = [
    ...metricsLines(metrics.validation, 'validation', classNames, style),
    ...(metrics.test === undefined ? [] : metricsLines(metrics.test, 'test', classNames, style)),
    ['time', times(seconds, process.uptime())],
    ...(run === undefined ? [] : ([['run', run]] as const)),
    ...(bundle === undefined ? [] : ([['bundle', bundle]] as const)),
  ];
  return printed(lines, style, columns);
}

/** The end of a cross-validation, for people. */
export function foldsSummary(
  {folds, accuracy, balancedAccuracy, pooled}: CrossValidation,
  run: string,
  style: Style,
  columns: number,
): string {
  const [low, high] = pooled.accuracyInterval95;
  const points = (fraction: number): string => (100 * fraction).toFixed(1);
  const each = accuracy.values.map(points).join(', ');
  const lines: Lines = [
    [
      'accuracy',
      `${style.bold(style.good(percent(accuracy.mean)))} ± ${points(accuracy.deviation)} points, the mean of ${folds} folds (${each})`,
    ],
    ['balanced', `${percent(balancedAccuracy.mean)} ± ${points(balancedAccuracy.deviation)} points, where every class counts alike`],
    [
      'all images',
      `${percent(pooled.accuracy)} of ${plural(pooled.count, 'image')}, each once (95 % interval: ${percent(low)} to ${percent(high)})`,
    ],
    ['runs', `${run}/fold-1 to fold-${folds}; folds.html shows them, folds.json has the figures`],
    ['', style.dim('For a model to use, train again without --folds.')],
  ];
  return printed(lines, style, columns);
}

/** What to type next. */
export const nextSteps = (run: string, bundle: string): string =>
  [
    '',
    'Next',
    `  ${PROGRAM} predict ${quoted(bundle)} PICTURE...    what is on new pictures`,
    `  ${PROGRAM} evaluate ${quoted(bundle)} --data DIR   how good it is on others`,
    `  ${quoted(`${run}/report.html`)}   curves, confusions and mistakes, for a browser`,
  ].join('\n');
