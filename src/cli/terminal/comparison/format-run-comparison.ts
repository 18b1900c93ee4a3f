import {groupBy} from '../../../core/group-by.js';
import {formatBytes} from '../../../core/text/format-bytes.js';
import {formatCount, formatInteger} from '../../../core/text/format-count.js';
import {formatFixedPercent} from '../../../core/text/format-percent.js';
import {printable} from '../../../core/text/printable.js';
import {
  describeBest,
  describeOtherGroups,
  describeOtherDevices,
  describeGroup,
  describePair,
  describeTests,
  formatSetting,
  groupDisagreements,
  MAX_DISAGREEMENT_GROUPS,
} from '../../../report/comparison/comparison-text.js';
import {
  weightsName,
  type ComparedRun,
  type RunComparison,
} from '../../../report/comparison/run-comparison.js';
import {formatDuration} from '../../../report/format.js';
import {displayWidth, formatTable, truncateMiddle, wrapText} from '../screen/layout.js';
import type {Terminal} from '../screen/terminal.js';

/** Narrowest column of names, and of values of settings. */
const MIN_WIDTH = 12;
/** Widest column of weights, and narrowest of settings. */
const MAX_WEIGHTS = 20;
const MIN_SETTING = 20;
const GAP = 2;

const HEADINGS = ['run', 'network', 'weights', 'accuracy', '95 % interval', 'trained', 'size'];

const points = (fraction: number): string => (100 * fraction).toFixed(1);

const formatRun = (run: ComparedRun, nameWidth: number, weightsWidth: number): string[] => [
  truncateMiddle(run.name, nameWidth),
  run.arch,
  truncateMiddle(weightsName(run), weightsWidth),
  formatFixedPercent(run.metrics.accuracy),
  run.metrics.accuracyCi95.map(points).join(' to '),
  formatDuration(run.seconds),
  run.modelBytes === undefined ? '–' : formatBytes(run.modelBytes),
];

/** Widths of the names and the weights, so that the table fits where that is possible. */
function chooseWidths(runs: readonly ComparedRun[], columns: number): [number, number] {
  const widest = (texts: readonly string[]): number => Math.max(...texts.map(displayWidth));
  const cells = [HEADINGS, ...runs.map(run => formatRun(run, Infinity, MAX_WEIGHTS))];
  const widths = HEADINGS.map((_, i) => widest(cells.map(row => row[i]!)));
  const [names, , weights] = widths as [number, number, number];
  const others = widths.reduce((sum, width) => sum + width + GAP, -GAP) - names - weights;
  const nameWidth = Math.max(MIN_WIDTH, Math.min(names, columns - others - weights));
  return [nameWidth, Math.max(MIN_WIDTH, Math.min(weights, columns - others - nameWidth))];
}

/** A table of the runs. On a narrow terminal, size, time and interval are left out, in this order, as far as necessary. */
function formatRuns({runs}: RunComparison, columns: number): string[] {
  const widths = chooseWidths(runs, columns);
  const rows = [HEADINGS, ...runs.map(run => formatRun(run, ...widths))];
  const tables = [7, 6, 5, 4].map(count =>
    formatTable(
      rows.map(row => row.slice(0, count)),
      [3, 4, 5, 6],
    ),
  );
  const fits = (table: readonly string[]): boolean =>
    table.every(line => displayWidth(line) <= columns);
  return tables.find(fits) ?? tables.at(-1)!;
}

/** `seed: 42 (a, c), 7 (b)` */
function formatSettingList({settings, runs}: RunComparison, columns: number): string[] {
  const lines = settings.map(({path, values}) => {
    const groups = groupBy(runs, ({name}) => formatSetting(path, values[name]));
    const texts = [...groups].map(
      ([value, same]) => `${value} (${same.map(({name}) => name).join(', ')})`,
    );
    return wrapText(printable(`${path}: ${texts.join(', ')}`), columns, '   ');
  });
  return ['settings that differ', ...lines];
}

/** A table of the settings, a column for each run; a list where so many columns do not fit. */
function formatSettings(comparison: RunComparison, columns: number): string[] {
  const {settings, runs} = comparison;
  if (MIN_SETTING + runs.length * (MIN_WIDTH + GAP) > columns)
    return formatSettingList(comparison, columns);
  const longest = Math.max(...['setting', ...settings.map(({path}) => path)].map(displayWidth));
  const room = columns - runs.length * (MIN_WIDTH + GAP);
  const pathWidth = Math.min(longest, Math.max(MIN_SETTING, room));
  const width = Math.max(MIN_WIDTH, Math.floor((columns - pathWidth) / runs.length) - GAP);
  return formatTable([
    ['setting', ...runs.map(({name}) => truncateMiddle(name, width))],
    ...settings.map(({path, values}) => [
      truncateMiddle(path, pathWidth),
      ...runs.map(({name}) => truncateMiddle(formatSetting(path, values[name]), width)),
    ]),
  ]);
}

/** Counts of the images on which the runs disagree, of the largest groups; with `verbose`, of all, and their names. */
function formatDisagreements(comparison: RunComparison, verbose: boolean): string[] {
  const groups = groupDisagreements(comparison);
  const shown = verbose ? groups : groups.slice(0, MAX_DISAGREEMENT_GROUPS);
  const hidden = groups.slice(shown.length).reduce((sum, {images}) => sum + images.length, 0);
  return [
    ...shown.flatMap(group => [
      `${formatInteger(group.images.length)}  ${describeGroup(group)}`,
      ...(verbose ? group.images.map(({name, truth}) => `   ${name} (${truth})`) : []),
    ]),
    ...(hidden === 0 ? [] : [`${describeOtherGroups(hidden)} --verbose lists all.`]),
  ];
}

/** Formats a comparison of runs: tables of the runs and of the settings that differ, and what the tests say. */
export function formatRunComparison(
  comparison: RunComparison,
  {
    resultStyle: {bold, dim},
    resultColumns: columns,
  }: Pick<Terminal, 'resultStyle' | 'resultColumns'>,
  verbose = false,
): string {
  const wrap = (text: string, indent = ''): string => wrapText(printable(text), columns, indent);
  const [heading, ...runs] = formatRuns(comparison, columns);
  const [settingHeading, ...settings] = formatSettings(comparison, columns);
  const {paired, disagreements} = comparison;
  const cautions = [describeTests(comparison), describeOtherDevices(comparison) ?? ''].filter(
    Boolean,
  );
  const images = `${formatCount(disagreements.length, 'image')} that some runs get right and others wrong`;
  return [
    bold(heading!),
    ...runs,
    '',
    wrap(describeBest(comparison)),
    ...paired.map(pair => wrap(describePair(pair, comparison))),
    ...cautions.map(text => dim(wrap(text))),
    '',
    ...(settings.length === 0 ? ['No setting differs.'] : [bold(settingHeading!), ...settings]),
    '',
    bold(images),
    ...formatDisagreements(comparison, verbose).map(line => wrap(line, '   ')),
  ].join('\n');
}
