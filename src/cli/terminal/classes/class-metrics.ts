import {formatCount, formatInteger} from '../../../core/text/format-count.js';
import {formatFixedPercent} from '../../../core/text/format-percent.js';
import type {Metrics} from '../../../training/metrics/metrics.js';
import {formatFittedTable, LABEL_WIDTH} from '../screen/layout.js';
import type {Style} from '../screen/style.js';
import {MAX_LISTED_CLASSES} from './class-counts.js';

/** Number of classes that are listed where there are too many to list all. */
const MAX_LOWEST = 5;

const HEADING = ['class', 'correct', 'predicted', 'recall', 'F1'];

interface ClassResult {
  readonly name: string;
  readonly support: number;
  readonly correct: number;
  /** Number of images of any class that are predicted as this one. */
  readonly predicted: number;
  readonly recall: number | null;
  readonly f1: number | null;
}

/** Results in the order of the classes. */
const classResults = (
  {confusionMatrix, perClass}: Metrics,
  classNames: readonly string[],
): ClassResult[] =>
  classNames.map((name, i) => ({
    name,
    ...perClass[name]!,
    correct: confusionMatrix[i]![i]!,
    predicted: confusionMatrix.reduce((sum, row) => sum + row[i]!, 0),
  }));

/** Classes that have images, lowest recall first. Of two classes without a hit, the larger one is worse. */
const lowestFirst = (results: readonly ClassResult[]): ClassResult[] =>
  results
    .filter(({support}) => support > 0)
    .sort((a, b) => a.recall! - b.recall! || b.support - a.support);

const formatRow = ({name, support, correct, predicted, recall, f1}: ClassResult): string[] => [
  name,
  `${formatInteger(correct)} of ${formatInteger(support)}`,
  formatInteger(predicted),
  recall === null ? '-' : formatFixedPercent(recall),
  f1 === null ? '-' : f1.toFixed(3),
];

/** `32 more classes, recall 50.0 % to 100.0 %` */
function describeRest(rest: readonly ClassResult[]): string {
  const [low, high] = [rest[0]!, rest.at(-1)!].map(({recall}) => formatFixedPercent(recall!));
  const recalls = low === high ? low : `${low} to ${high}`;
  return `${formatCount(rest.length, 'more class', 'more classes')}, recall ${recalls}`;
}

/** The classes to list, and a line about the others. */
function chooseResults(results: readonly ClassResult[]): {
  readonly label: string;
  readonly shown: readonly ClassResult[];
  readonly rest?: string;
} {
  if (results.length <= MAX_LISTED_CLASSES) return {label: 'classes', shown: results};
  const sorted = lowestFirst(results);
  const shown = sorted.filter(({recall}) => recall! < 1).slice(0, MAX_LOWEST);
  const rest = sorted.slice(shown.length);
  return {
    label: shown.length === 1 ? 'lowest' : `lowest ${shown.length}`,
    shown,
    ...(rest.length > 0 && {rest: describeRest(rest)}),
  };
}

/**
 * Formats a table of the results of each class, with its label. Of many classes, it has those with the lowest recall, and there is no table
 * if every image is correct.
 * @param columns width of the terminal, labels included
 */
export function formatClassMetrics(
  metrics: Metrics,
  classNames: readonly string[],
  {dim}: Style,
  columns: number,
): readonly (readonly [label: string, text: string])[] {
  const {label, shown, rest} = chooseResults(classResults(metrics, classNames));
  if (shown.length === 0) return [];
  const [heading, ...lines] = formatFittedTable(
    [HEADING, ...shown.map(formatRow)],
    columns - LABEL_WIDTH,
  );
  const text = [dim(heading!), ...lines, ...(rest === undefined ? [] : [dim(`… ${rest}`)])];
  return [[label, text.join('\n')]];
}
