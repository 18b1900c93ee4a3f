import {printable} from '../core/printable.js';
import type {CrossValidation} from '../finetune/cross-validation.js';
import type {FinetuneResult} from '../finetune/finetune.js';
import {duration, plural} from '../report/format.js';
import {smallSampleWarning, type MeasuredSet} from '../report/small-sample.js';
import type {Metrics} from '../training/metrics.js';
import type {Style} from './style.js';
import type {Terminal} from './terminal.js';
import {labelled} from './layout.js';
import {steps} from './next-steps.js';
import {listed, percent, PROGRAM, quoted} from './words.js';

/** Classes and confusions that are told. */
const TOLD = 3;
/** A share of fewer images than this is told as a count. */
const FEW = 20;

interface Confusion {
  readonly truth: string;
  readonly prediction: string;
  readonly times: number;
}

/** Pairs of classes that are taken for each other more than once, the most frequent first. */
function confusions({confusion}: Metrics, classNames: readonly string[]): Confusion[] {
  const pairs = confusion.flatMap((row, i) =>
    row.map((times, j) => ({truth: classNames[i]!, prediction: classNames[j]!, times: i === j ? 0 : times})),
  );
  return pairs.filter(({times}) => times > 1).sort((a, b) => b.times - a.times);
}

/** `ants 94.3 %`, `Birman 0 of 2` */
const found = (name: string, recall: number, support: number): string =>
  `${printable(name)} ${support < FEW ? `${Math.round(recall * support)} of ${support}` : percent(recall)}`;

/** How many images of each class were found, where the classes are few; else of those where the fewest were. */
function recalls({perClass}: Metrics): Lines {
  const known = Object.entries(perClass).flatMap(([name, {recall, support}]) => (recall === null ? [] : [{name, recall, support}]));
  known.sort((a, b) => a.recall - b.recall);
  const missed = known.filter(({recall}) => recall < 1);
  if (missed.length === 0) return [];
  const [label, told] = known.length <= TOLD ? ['recall', known] : ['weakest', missed.slice(0, TOLD)];
  return [[label, told.map(({name, recall, support}) => found(name, recall, support)).join(', ')]];
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
    ...recalls(metrics),
    ...(mistaken.length === 0 ? [] : ([['mistaken', listed(mistaken)]] as const)),
  ];
}

const ACTIVITIES = ['engine', 'weights', 'decode', 'features', 'train', 'evaluate', 'export'] as const;

/**
 * Where the time went, to the last tenth: what took less than half a second is among the other.
 * @param total seconds that the person waited, the start of the program included
 */
function times(seconds: FinetuneResult['seconds'], total: number): string {
  const long = ACTIVITIES.filter(activity => seconds[activity] >= 0.5);
  const other = total - long.reduce((sum, activity) => sum + seconds[activity], 0);
  const parts = [
    ...long.map(activity => `${activity} ${duration(seconds[activity])}`),
    ...(other >= 0.05 ? [`other ${duration(other)}`] : []),
  ];
  return `${duration(total)}${long.length === 0 ? '' : `: ${parts.join(', ')}`}`;
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
    ...(run === undefined ? [] : ([['run', printable(run)]] as const)),
    ...(bundle === undefined ? [] : ([['bundle', printable(bundle)]] as const)),
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
    ['runs', `${printable(run)}/fold-1 to fold-${folds}; folds.html shows them, folds.json has the figures`],
    ['', style.dim('For a model to use, train again without --folds.')],
  ];
  return printed(lines, style, columns);
}

/** What to type next. */
export const nextSteps = (run: string, bundle: string, {style, columns}: Pick<Terminal, 'style' | 'columns'>): string =>
  steps(
    'Next',
    [
      [`${PROGRAM} predict ${quoted(bundle)} IMAGE...`, 'classify new images'],
      [`${PROGRAM} evaluate ${quoted(bundle)} --data DIR`, 'measure it on other images'],
      [quoted(`${run}/report.html`), 'curves, confusions and mistakes, for a browser'],
    ],
    style,
    columns,
  );
