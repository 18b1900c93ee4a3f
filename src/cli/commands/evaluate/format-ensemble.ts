import {printable} from '../../../core/text/printable.js';
import type {EnsembleEvaluation} from '../../../finetune/evaluation/member-comparison.js';
import {describeComparison} from '../../../report/ensemble/describe-comparison.js';
import {formatInterval, formatPercent} from '../../../report/format.js';
import type {Metrics} from '../../../training/metrics/metrics.js';
import {formatLabeled, formatTable} from '../../terminal/screen/layout.js';
import type {Style} from '../../terminal/screen/style.js';

/** Number of classes up to which every image is in the top 5. */
const TOP5_CLASSES = 5;

/** Formats a table of the members and the ensemble, and the comparison with the best member. */
export function formatEnsemble(
  {members, comparison}: EnsembleEvaluation,
  metrics: Metrics,
  {dim}: Style,
  columns: number,
): string {
  const hasTop5 = Object.keys(metrics.perClass).length > TOP5_CLASSES;
  const row = (name: string, {accuracy, accuracyCi95, top5Accuracy, top5AccuracyCi95}: Metrics) => [
    name,
    formatPercent(accuracy),
    formatInterval(accuracyCi95),
    ...(hasTop5 ? [formatPercent(top5Accuracy), formatInterval(top5AccuracyCi95)] : []),
  ];
  const head = ['model', 'top-1', '95 % interval', ...(hasTop5 ? ['top-5', '95 % interval'] : [])];
  const [title, ...rows] = formatTable(
    [
      head,
      ...members.map(member => row(printable(member.name), member.metrics)),
      row('ensemble', metrics),
    ],
    [1, 3],
  );
  const [difference, caution] = describeComparison(comparison, members.length);
  return [
    dim(title!),
    ...rows,
    '',
    formatLabeled(dim, 'compared', difference, columns),
    formatLabeled(dim, '', dim(caution), columns),
  ].join('\n');
}
