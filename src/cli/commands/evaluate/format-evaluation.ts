import type {Evaluation} from '../../../finetune/evaluate.js';
import {formatLines, formatMetrics} from '../../terminal/format-run-summary.js';
import {formatSkipped} from '../../terminal/skipped-summary.js';
import type {Terminal} from '../../terminal/screen/terminal.js';
import {formatEnsemble} from './format-ensemble.js';

const EVALUATED_ON = {
  test: "the folder's test images",
  validation: "the folder's validation images",
  all: 'all images of the folder: expect less on new images if training saw some of these',
};

/** Formats the metrics of a model, and of the members of an ensemble. */
export function formatEvaluation(
  {metrics, ensemble, split, images}: Evaluation,
  classNames: readonly string[],
  {resultStyle, resultColumns}: Terminal,
): string {
  const skippedLines =
    images.evaluated === images.found ? [] : ([['skipped', formatSkipped(images)]] as const);
  const lines = formatLines(
    [
      ...formatMetrics(metrics, split, classNames, resultStyle),
      ['measured', EVALUATED_ON[split]],
      ...skippedLines,
    ],
    resultStyle,
    resultColumns,
  );
  return ensemble === undefined
    ? lines
    : `${lines}\n\n${formatEnsemble(ensemble, metrics, resultStyle, resultColumns)}`;
}
