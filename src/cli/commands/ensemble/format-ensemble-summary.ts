import {printable} from '../../../core/text/printable.js';
import {MEMBERS_FOLDER} from '../../../finetune/ensemble/plan-members.js';
import type {EnsembleResult} from '../../../finetune/ensemble/train-ensemble.js';
import {formatClassMetrics} from '../../terminal/classes/class-metrics.js';
import {formatLines, formatMetrics} from '../../terminal/format-run-summary.js';
import type {Terminal} from '../../terminal/screen/terminal.js';
import {formatEnsemble} from '../evaluate/format-ensemble.js';

/** Summary at the end: the ensemble, each member, and the comparison, on the test images if there are any. */
export function formatEnsembleSummary(
  {run, model, evaluations, members}: EnsembleResult,
  classNames: readonly string[],
  {resultStyle, resultColumns}: Pick<Terminal, 'resultStyle' | 'resultColumns'>,
): string {
  const shown = (['validation', 'test'] as const).flatMap(split => {
    const evaluation = evaluations[split];
    if (evaluation === undefined) return [];
    const {metrics} = evaluation;
    const isLast = split === 'test' || evaluations.test === undefined;
    const lines = [
      ...formatMetrics(metrics, split, classNames, resultStyle),
      ...(isLast ? formatClassMetrics(metrics, classNames, resultStyle, resultColumns) : []),
    ];
    return [
      formatLines(lines, resultStyle, resultColumns),
      `\n${formatEnsemble(evaluation, metrics, resultStyle, resultColumns)}\n`,
    ];
  });
  const names = members.map(({name}) => name).join(', ');
  const places = [
    ['run', printable(run)],
    ['members', printable(`${names}, in ${run}/${MEMBERS_FOLDER}`)],
    ['model', printable(model)],
  ] as const;
  return [...shown, formatLines(places, resultStyle, resultColumns)].join('\n');
}
