import type {Evaluation} from '../../../finetune/evaluate.js';
import {formatCount} from '../../../core/text/format-count.js';
import type {
  ThresholdChoice,
  UnknownEvaluation,
} from '../../../finetune/evaluation/evaluate-unknown.js';
import {printable} from '../../../core/text/printable.js';
import {formatPercent} from '../../../report/format.js';
import {formatClassMetrics} from '../../terminal/classes/class-metrics.js';
import {formatLines, formatMetrics} from '../../terminal/format-run-summary.js';
import {formatSkipped} from '../../terminal/skipped-summary.js';
import type {Terminal} from '../../terminal/screen/terminal.js';
import {formatEnsemble} from './format-ensemble.js';

const EVALUATED_ON = {
  test: "the folder's test images",
  validation: "the folder's validation images",
  all: 'all images of the folder: expect less on new images if training saw some of these',
};

/** Lines about images of none of the classes. */
const formatUnknown = (
  {images, score, maxProbability, keptKnown, rejectedUnknown, choice}: UnknownEvaluation,
  model: string,
): (readonly [string, string])[] => [
  [
    'unknown',
    `${formatCount(images, 'image')} of none of the classes: AUROC ${score.auroc.toFixed(3)}, false positive rate ${formatPercent(score.fprAt95)} at 95 % recall of known images ` +
      `(by the highest probability alone: ${maxProbability.auroc.toFixed(3)}, ${formatPercent(maxProbability.fprAt95)})`,
  ],
  [
    'threshold',
    `the model's own rejects ${formatPercent(rejectedUnknown)} of them, and keeps ${formatPercent(keptKnown)} of the known images`,
  ],
  ...(choice === undefined ? [] : formatChoice(choice, model)),
];

/** Lines about a threshold that was written into a model. */
const formatChoice = (
  {rule, previous, threshold, keptKnown, rejectedUnknown}: ThresholdChoice,
  model: string,
): (readonly [string, string])[] => [
  [
    'changed',
    `from ${previous.toFixed(3)} to ${threshold.toFixed(3)} in ${printable(model)}, ` +
      (rule === 'balanced'
        ? 'where most known images are kept and most unknown ones rejected'
        : `which keeps at least ${formatPercent(rule)} of these known images`),
  ],
  [
    'expected',
    `rejects ${formatPercent(rejectedUnknown)} of unknown images, and keeps ${formatPercent(keptKnown)} of known ones: cross-fitted, each judged by a threshold of other images`,
  ],
];

/** Formats the metrics of a model, and of the members of an ensemble. @param model directory of the first model */
export function formatEvaluation(
  {metrics, ensemble, unknown, split, images}: Evaluation,
  classNames: readonly string[],
  model: string,
  {resultStyle, resultColumns}: Terminal,
): string {
  const skippedLines =
    images.evaluated === images.found ? [] : ([['skipped', formatSkipped(images)]] as const);
  const lines = formatLines(
    [
      ...formatMetrics(metrics, split, classNames, resultStyle),
      ...formatClassMetrics(metrics, classNames, resultStyle, resultColumns),
      ['measured', EVALUATED_ON[split]],
      ...skippedLines,
      ...(unknown === undefined ? [] : formatUnknown(unknown, model)),
    ],
    resultStyle,
    resultColumns,
  );
  return ensemble === undefined
    ? lines
    : `${lines}\n\n${formatEnsemble(ensemble, metrics, resultStyle, resultColumns)}`;
}
