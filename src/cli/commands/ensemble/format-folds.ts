import {formatCount} from '../../../core/text/format-count.js';
import {formatFixedPercent} from '../../../core/text/format-percent.js';
import {printable} from '../../../core/text/printable.js';
import type {FoldEnsemble} from '../../../finetune/ensemble/fold-ensemble.js';
import type {CrossValidationSummary} from '../../../finetune/folds/cross-validation.js';
import {formatLines, type LabeledLines} from '../../terminal/format-run-summary.js';
import type {Style} from '../../terminal/screen/style.js';
import type {Terminal} from '../../terminal/screen/terminal.js';
import {formatEnsemble} from '../evaluate/format-ensemble.js';

/** Summary at the end of a cross-validation. */
function formatFoldsSummary(
  {folds, accuracy, balancedAccuracy, pooled}: CrossValidationSummary,
  {run, model}: {readonly run: string; readonly model?: string},
  style: Style,
  columns: number,
): string {
  const [low, high] = pooled.accuracyCi95;
  const points = (fraction: number): string => (100 * fraction).toFixed(1);
  const foldAccuracies = accuracy.values.map(points).join(', ');
  const lines: LabeledLines = [
    [
      'accuracy',
      `${style.bold(style.good(formatFixedPercent(accuracy.mean)))} ± ${points(accuracy.std)} points, the mean of ${folds} folds (${foldAccuracies})`,
    ],
    [
      'balanced',
      `${formatFixedPercent(balancedAccuracy.mean)} ± ${points(balancedAccuracy.std)} points, where every class counts equally`,
    ],
    [
      'all images',
      `${formatFixedPercent(pooled.accuracy)} of ${formatCount(pooled.numImages, 'image')}, each once (95 % interval: ${formatFixedPercent(low)} to ${formatFixedPercent(high)})`,
    ],
    [
      'runs',
      `${printable(run)}/fold-1 to fold-${folds}; folds.html shows them, folds.json has the figures`,
    ],
    model === undefined
      ? ['', style.dim('For a model to use, train again without --folds, or with --ensemble.')]
      : ['model', `${printable(model)}, the ensemble of all folds`],
  ];
  return formatLines(lines, style, columns);
}

/** Summary of the folds, and of their ensemble on the test images. */
export function formatFolds(
  summary: CrossValidationSummary,
  ensemble: FoldEnsemble | undefined,
  run: string,
  {resultStyle, resultColumns}: Pick<Terminal, 'resultStyle' | 'resultColumns'>,
): string {
  const places = {run, ...(ensemble && {model: ensemble.model})};
  const text = formatFoldsSummary(summary, places, resultStyle, resultColumns);
  if (ensemble?.test === undefined) return text;
  const {metrics} = ensemble.test;
  return `${text}\n\n${formatEnsemble(ensemble.test, metrics, resultStyle, resultColumns)}`;
}
