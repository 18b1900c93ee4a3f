import {printable} from '../../core/text/printable.js';
import type {FinetuneResult} from '../../finetune/finetune-result.js';
import {formatBytes} from '../../core/text/format-bytes.js';
import {formatCount} from '../../core/text/format-count.js';
import {formatDuration, formatMilliseconds, formatMillions} from '../../report/format.js';
import type {ModelSize} from '../../report/run-record.js';
import {smallSampleWarning, type EvaluatedSplit} from '../../report/charts/small-sample.js';
import type {Metrics} from '../../training/metrics/metrics.js';
import type {Style} from './screen/style.js';
import type {Terminal} from './screen/terminal.js';
import {formatLabeled} from './screen/layout.js';
import {formatClassMetrics} from './classes/class-metrics.js';
import {formatSteps} from './format-steps.js';
import {formatFixedPercent} from '../../core/text/format-percent.js';
import {formatList, PROGRAM_NAME, quoted} from './format.js';

/** Maximum number of listed confusions. */
const MAX_LISTED = 3;

interface ConfusedPair {
  readonly truth: string;
  readonly prediction: string;
  readonly times: number;
}

/** Pairs of classes that are confused more than once, most frequent first. */
function findConfusedPairs(
  {confusionMatrix}: Metrics,
  classNames: readonly string[],
): ConfusedPair[] {
  const pairs = confusionMatrix.flatMap((row, i) =>
    row.map((times, j) => ({
      truth: classNames[i]!,
      prediction: classNames[j]!,
      times: i === j ? 0 : times,
    })),
  );
  return pairs.filter(({times}) => times > 1).sort((a, b) => b.times - a.times);
}

/** Ratio of the largest to the smallest class above which accuracy hides the small classes. */
const IMBALANCE_RATIO = 1.5;

function isImbalanced({perClass}: Metrics): boolean {
  const supports = Object.values(perClass).flatMap(({support}) => (support === 0 ? [] : [support]));
  return Math.max(...supports) >= IMBALANCE_RATIO * Math.min(...supports);
}

function formatBalancedAccuracy({
  balancedAccuracy,
  balancedAccuracyCi95: interval,
  macroF1,
}: Metrics): string {
  const known =
    interval === null
      ? ''
      : ` (95 % interval: ${formatFixedPercent(interval[0])} to ${formatFixedPercent(interval[1])})`;
  return `${formatFixedPercent(balancedAccuracy)} where every class counts equally${known}, macro-F1 ${macroF1.toFixed(3)}`;
}

export type LabeledLines = readonly (readonly [label: string, text: string])[];

/** Formats the metrics of a classifier on a set of images. */
export function formatMetrics(
  metrics: Metrics,
  split: EvaluatedSplit,
  classNames: readonly string[],
  style: Style,
): LabeledLines {
  const {
    accuracy,
    accuracyCi95: [low, high],
    numImages,
  } = metrics;
  const confusedTexts = findConfusedPairs(metrics, classNames)
    .slice(0, MAX_LISTED)
    .map(
      ({truth, prediction, times}) =>
        `${printable(`${truth} for ${prediction}`)} ${formatCount(times, 'time')}`,
    );
  const warning = smallSampleWarning(metrics, split);
  return [
    [
      split === 'test' ? 'test' : 'accuracy',
      `${style.bold(style.good(formatFixedPercent(accuracy)))} of ${formatCount(numImages, split === 'all' ? 'image' : `${split} image`)} (95 % interval: ${formatFixedPercent(low)} to ${formatFixedPercent(high)})`,
    ],
    ...(warning === undefined ? [] : ([['', style.dim(warning)]] as const)),
    ...(isImbalanced(metrics) ? ([['balanced', formatBalancedAccuracy(metrics)]] as const) : []),
    ...(confusedTexts.length === 0 ? [] : ([['mistaken', formatList(confusedTexts)]] as const)),
  ];
}

const TIMED_ACTIVITIES = [
  'backend',
  'weights',
  'decode',
  'features',
  'train',
  'evaluate',
  'export',
] as const;

/**
 * Formats the time of each activity, to the last tenth of a second. Activities below half a second count as other.
 * @param total wall time in seconds, the start of the program included
 */
function times(timings: FinetuneResult['timings'], total: number): string {
  const longActivities = TIMED_ACTIVITIES.filter(activity => timings[activity] >= 0.5);
  const other = total - longActivities.reduce((sum, activity) => sum + timings[activity], 0);
  const texts = [
    ...longActivities.map(activity => `${activity} ${formatDuration(timings[activity])}`),
    ...(other >= 0.05 ? [`other ${formatDuration(other)}`] : []),
  ];
  return `${formatDuration(total)}${longActivities.length === 0 ? '' : `: ${texts.join(', ')}`}`;
}

export const formatLines = (lines: LabeledLines, {dim}: Style, columns: number): string =>
  lines.map(([label, text]) => formatLabeled(dim, label, text, columns)).join('\n');

/** `45.2 MB for a web page, 11.2 million parameters, 12 ms an image` */
const describeSize = ({webBytes, parameters, imageMilliseconds}: ModelSize): string =>
  `${formatBytes(webBytes)} for a web page, ${formatMillions(parameters)} parameters, ${formatMilliseconds(imageMilliseconds)} an image`;

/** Summary at the end of a run. */
export function formatRunSummary(
  {classifier, metrics, timings, run, model, modelSize}: FinetuneResult,
  style: Style,
  columns: number,
): string {
  const {classNames} = classifier;
  const lines: LabeledLines = [
    ...formatMetrics(metrics.validation, 'validation', classNames, style),
    ...(metrics.test === undefined ? [] : formatMetrics(metrics.test, 'test', classNames, style)),
    ...formatClassMetrics(metrics.test ?? metrics.validation, classNames, style, columns),
    ['time', times(timings, process.uptime())],
    ...(run === undefined ? [] : ([['run', printable(run)]] as const)),
    ...(model === undefined ? [] : ([['model', printable(model)]] as const)),
    ...(modelSize === undefined ? [] : ([['', style.dim(describeSize(modelSize))]] as const)),
  ];
  return formatLines(lines, style, columns);
}

/** Commands to run next. */
export const formatNextSteps = (
  run: string,
  model: string,
  {style, columns}: Pick<Terminal, 'style' | 'columns'>,
  page = 'report.html',
): string =>
  formatSteps(
    'Next',
    [
      [`${PROGRAM_NAME} try ${quoted(run)}`, 'drop images on its web page, or use the camera'],
      [`${PROGRAM_NAME} predict ${quoted(model)} IMAGE...`, 'classify new images'],
      [`${PROGRAM_NAME} evaluate ${quoted(model)} --data DIR`, 'measure it on other images'],
      [
        style.link(quoted(`${run}/${page}`), `${run}/${page}`),
        'curves, confusions and mistakes, for a browser',
      ],
    ],
    style,
    columns,
  );
