import type {FoldEnsemble} from '../../../finetune/ensemble/fold-ensemble.js';
import type {CrossValidationSummary} from '../../../finetune/folds/cross-validation.js';
import {formatFoldsSummary} from '../../terminal/format-run-summary.js';
import type {Terminal} from '../../terminal/screen/terminal.js';
import {formatEnsemble} from '../evaluate/format-ensemble.js';

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
