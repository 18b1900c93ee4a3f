import type {ManifestFiles} from './listed-files.js';
import {
  detectColumns,
  isUnassigned,
  type ColumnOptions,
  type ManifestColumns,
} from './manifest-columns.js';
import {ManifestError, readTable} from './manifest-table.js';
import {createMultiLabelParser} from './multi-label.js';

/** A line of a list. */
export interface ManifestRow {
  readonly line: number;
  readonly path: string;
  /** In NFC. */
  readonly label: string;
  /** As it is written; empty where nothing is. */
  readonly split: string;
}

/** Columns of a list that does not name them: path, label, split. */
const DEFAULT_COLUMN_COUNT = 3;

/** The label of a line. @throws ManifestError for none, and for several */
function readLabel(
  cells: readonly string[],
  {label}: ManifestColumns,
  fail: (expected: string, found: string) => ManifestError,
): string {
  if (typeof label === 'number') {
    return (cells[label] ?? '').trim().normalize('NFC');
  }
  const activeLabels = [...label].filter(([i]) => Number(cells[i]) === 1).map(([, name]) => name);
  if (activeLabels.length > 1) throw multipleLabelsError(activeLabels, fail);
  return activeLabels[0] ?? '';
}

const multipleLabelsError = (
  labels: readonly string[],
  fail: (expected: string, found: string) => ManifestError,
): ManifestError =>
  fail(
    'one label',
    `${labels.length}: ${labels.join(', ')}; images with several labels are not supported, so leave such lines out`,
  );

/** @throws ManifestError for the first line with several labels in one cell */
function assertSingleLabels(rows: readonly ManifestRow[], isPlural: boolean, path: string): void {
  const parseMultipleLabels = createMultiLabelParser(
    rows.map(({label}) => label),
    isPlural,
  );
  for (const {label, line} of rows) {
    const labelList = parseMultipleLabels(label);
    if (labelList !== undefined)
      throw multipleLabelsError(
        labelList,
        (expected, found) => new ManifestError({path, line}, {expected, found}),
      );
  }
}

const TRUE_VALUE = /^(?:true|1(?:\.0*)?|yes|t|y)$/i;

function readSplit(
  cells: readonly string[],
  {split, flaggedSplit: flagged}: ManifestColumns,
): string {
  const text = split === undefined ? '' : (cells[split] ?? '').trim();
  if (isUnassigned(text)) return '';
  return flagged === undefined ? text : TRUE_VALUE.test(text) ? flagged : '';
}

/**
 * The lines of a list of images: `.csv` or `.tsv`, with a line that names the columns or with path, label and split in this order, or
 * `.jsonl` with such keys. Columns with a single 1 a line say the label by their names.
 *
 * @param files the files next to the list
 * @throws ManifestError for a line that has no path or not one label, or a file that is no such list; ManifestColumnsError
 */
export async function readManifestRows(
  path: string,
  files: ManifestFiles,
  columnOptions: ColumnOptions,
): Promise<ManifestRow[]> {
  const {lines, keys} = await readTable(path);
  if (lines.length === 0)
    throw new ManifestError(
      {path},
      {expected: 'a list of images', found: 'no line with anything in it'},
    );
  const rows = lines.map(({cells}) => cells);
  await files.indexIfNeeded(rows);
  const columns = detectColumns(
    {path, rows, isImage: files.isImage, ...(keys && {keys})},
    columnOptions,
  );
  const isNamed =
    columns.hasHeader ||
    columnOptions.pathColumn !== undefined ||
    columnOptions.labelColumn !== undefined;
  const width = keys?.length ?? (isNamed ? lines[0]!.cells.length : DEFAULT_COLUMN_COUNT);
  const parsedRows = lines.slice(columns.hasHeader ? 1 : 0).map(({line, cells}): ManifestRow => {
    const fail = (expected: string, found: string): ManifestError =>
      new ManifestError({path, line}, {expected, found});
    if (cells.slice(width).some(cell => cell.trim() !== ''))
      throw fail(`at most ${width} columns`, `${cells.length}; put a comma of a name into quotes`);
    const image = (cells[columns.path] ?? '').trim();
    if (image === '') throw fail('the path of an image', 'none');
    if (/^(?!file:)[a-z][a-z\d+.-]*:\/\//i.test(image)) {
      throw fail(
        'the path of a file',
        `the address ${image}; download the images, and list them by paths relative to the list`,
      );
    }
    const label = readLabel(cells, columns, fail);
    if (label === '') throw fail(`a label for ${image}`, 'none');
    return {line, path: image, label, split: readSplit(cells, columns)};
  });
  assertSingleLabels(parsedRows, columns.isPlural === true, path);
  return parsedRows;
}
