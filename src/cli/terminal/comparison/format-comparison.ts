import type {ComparedWeights, WeightsComparison} from '../../../finetune/comparison/comparison.js';
import {printable} from '../../../core/text/printable.js';
import {formatDuration} from '../../../report/format.js';
import {formatFixedPercent} from '../../../core/text/format-percent.js';
import {PROGRAM_NAME, quoted} from '../format.js';
import {formatTable, truncateMiddle, wrapText} from '../screen/layout.js';
import type {Style} from '../screen/style.js';

/** Columns of the table next to the names. */
const OTHER_COLUMNS = 54;
const MIN_NAME_WIDTH = 20;

const formatPoints = (fraction: number): string => (100 * fraction).toFixed(1);

function row({weights, metrics, seconds, licenseId}: ComparedWeights, nameWidth: number): string[] {
  const [low, high] = metrics.accuracyCi95;
  return [
    truncateMiddle(printable(weights), nameWidth),
    formatFixedPercent(metrics.accuracy),
    `${formatPoints(low)} to ${formatPoints(high)}`,
    formatDuration(seconds),
    licenseId ?? 'unknown',
  ];
}

/** Formats a comparison as a table of at most 80 columns with the recommendation below. */
export function formatComparison(
  {compared, recommended, reason}: WeightsComparison,
  {bold}: Style,
  columns: number,
): string {
  const nameWidth = Math.max(MIN_NAME_WIDTH, Math.min(columns, 120) - OTHER_COLUMNS);
  const [heading, ...lines] = formatTable(
    [
      ['weights', 'accuracy', '95 % interval', 'time', 'license'],
      ...compared.map(each => row(each, nameWidth)),
    ],
    [1, 2, 3],
  );
  const recommendation = `Recommended: ${printable(recommended)}. ${reason}`;
  return [bold(heading!), ...lines, '', wrapText(recommendation, columns, '')].join('\n');
}

/** The command line of a comparison with the chosen weights instead. They are added if the request was in a file or the environment. */
export function commandWithWeights(args: readonly string[], weights: string): string {
  const replaced = args.map((arg, i) => {
    if (args[i - 1] === '--weights') return weights;
    return arg.startsWith('--weights=') ? `--weights=${weights}` : arg;
  });
  const hasFlag = replaced.some(arg => arg === '--weights' || arg.startsWith('--weights='));
  const all = hasFlag ? replaced : [...replaced, '--weights', weights];
  return [PROGRAM_NAME, ...all.filter(arg => arg !== '--json').map(quoted)].join(' ');
}
