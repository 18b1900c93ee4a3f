import type {MachineInfo} from './machine.js';
import {processorValuesOf, valuesOf, type Readings} from './reading.js';
import type {Row} from './rows.js';
import {median, speedRatio, summarize, type Quantity} from './statistics.js';

/** What is known of a row. */
export interface RowResult {
  readonly name: string;
  /** YYYY-MM-DD */
  readonly date: string;
  readonly ours?: Readings;
  readonly peer?: Readings;
  /** Why a side is missing. */
  readonly missing?: string;
}

export interface Results {
  readonly machine: MachineInfo;
  readonly command: string;
  readonly rows: readonly RowResult[];
}

/** Fresh results over older ones: rows that were not measured again stay, unless the machine or a version is another. */
export function mergeResults(older: Results | undefined, fresh: Results): Results {
  if (older === undefined || JSON.stringify(older.machine) !== JSON.stringify(fresh.machine))
    return fresh;
  const measured = new Set(fresh.rows.map(({name}) => name));
  return {...fresh, rows: [...older.rows.filter(({name}) => !measured.has(name)), ...fresh.rows]};
}

const formatNumber = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

function formatReadings(readings: Readings | undefined, quantity: Quantity): string {
  const values = readings === undefined ? [] : valuesOf(readings, quantity);
  if (values.length === 0) return '-';
  const {median: medianValue, min, max} = summarize(values);
  return values.length === 1
    ? formatNumber(medianValue)
    : `${formatNumber(medianValue)} (${formatNumber(min)} to ${formatNumber(max)})`;
}

/** The ratio of a row; undefined where a side is missing. */
export function ratioOf({quantity}: Row, {ours, peer}: RowResult): number | undefined {
  const [a, b] = [ours, peer].map(side => (side === undefined ? [] : valuesOf(side, quantity)));
  return a!.length === 0 || b!.length === 0 ? undefined : speedRatio(quantity, a!, b!);
}

/** The peer's processor time over ours. */
function processorRatio({quantity}: Row, {ours, peer}: RowResult): string {
  const [a, b] = [ours, peer].map(side =>
    side === undefined ? [] : processorValuesOf(side, quantity),
  );
  return a!.length === 0 || b!.length === 0 || median(a!) === 0
    ? '-'
    : `${formatNumber(median(b!) / median(a!))}x`;
}

export const isTargetMet = ({target}: Row, found: number): boolean =>
  'atLeast' in target ? found >= target.atLeast : found <= target.atMost;

const targetText = ({target}: Row): string =>
  'atLeast' in target ? `>= ${target.atLeast}x` : `<= ${target.atMost}x`;

function formatRow(row: Row, result: RowResult): string {
  const found = ratioOf(row, result);
  const verdict =
    found === undefined
      ? '-'
      : `${formatNumber(found)}x ${isTargetMet(row, found) ? 'reached' : '**short**'}`;
  const sides = [
    formatReadings(result.ours, row.quantity),
    formatReadings(result.peer, row.quantity),
  ];
  const cells = [
    `\`${row.name}\``,
    row.title,
    row.quantity,
    ...sides,
    verdict,
    targetText(row),
    processorRatio(row, result),
    result.date,
  ];
  return `| ${cells.join(' | ')} |`;
}

const accuracies = ({readings}: Readings): string[] =>
  readings.flatMap(({accuracy, epochs}) =>
    accuracy === undefined
      ? []
      : [
          `${(100 * accuracy).toFixed(1)} %${epochs === undefined ? '' : ` after ${epochs} epochs`}`,
        ],
  );

/** What belongs to a row and does not fit into its line. */
function formatNotes(
  {name}: Row,
  {ours, peer, missing}: RowResult,
  notes: Readonly<Record<string, string>>,
): string[] {
  const reached = [
    ['ours', ours],
    ['PyTorch', peer],
  ] as const;
  const accuracy = reached.flatMap(([sideName, side]) => {
    const found = side === undefined ? [] : accuracies(side);
    return found.length === 0 ? [] : [`${sideName} ${found.join(', ')}`];
  });
  const sentences = [
    missing,
    accuracy.length > 0 ? `Validation accuracy: ${accuracy.join('; ')}.` : undefined,
    notes[name],
  ];
  return sentences.flatMap(text => (text === undefined ? [] : [`- \`${name}\`: ${text}`]));
}

/** The table of `rows`, in their order, with what is to be said of each. @param notes by the name of a row */
export function rowsSection(
  rows: readonly Row[],
  results: Results,
  notes: Readonly<Record<string, string>>,
): string {
  const rowResults = rows.flatMap(row => {
    const result = results.rows.find(({name}) => name === row.name);
    return result === undefined ? [] : [[row, result] as const];
  });
  return [
    '| row | what | unit | ours: median (min to max) | peer | ratio | wanted | processor time, peer over ours | date |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rowResults.map(([row, result]) => formatRow(row, result)),
    '',
    ...rowResults.flatMap(([row, result]) => formatNotes(row, result, notes)),
  ].join('\n');
}

/** Where and with what. */
export function machineSection({machine, command}: Results): string {
  const {processor, cores, memory, flags, versions} = machine;
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `\`${command}\` on ${processor}, ${cores} cores, ${memory} GiB, ${flags.join(' ') || 'no vector instructions that we know of'};`,
    `${named.join(', ')}.`,
  ].join('\n');
}

/** RESULTS.md, of sections. */
export const renderDocument = (sections: readonly string[]): string =>
  `${['# Measured side by side', 'Written by `npm run bench`; notes are kept in `notes.json`. README.md says what each row does.', ...sections].join('\n\n').trimEnd()}\n`;
