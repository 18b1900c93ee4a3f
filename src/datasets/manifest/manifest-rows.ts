import type {ManifestFiles} from './listed-files.js';
import {
  detectColumns,
  isUnassigned,
  type ColumnOptions,
  type ManifestColumns,
} from './manifest-columns.js';
import {ManifestError, readTable} from './manifest-table.js';
import {createMultiLabelParser} from './multi-label.js';

/** A row of a list. */
export interface ManifestRow {
  readonly line: number;
  readonly path: string;
  /** Label in NFC. */
  readonly label: string;
  /** Split as written; empty if missing. */
  readonly split: string;
}

/** Number of columns of a list without header: path, label, split. */
const DEFAULT_COLUMN_COUNT = 3;

const COMPLETE_REMEDY = 'Add it, or remove the line.';

/** Creates an error about a row. */
type Fail = (problem: string, remedy?: string) => ManifestError;

const failAt =
  (path: string, line: number): Fail =>
  (problem, remedy) =>
    new ManifestError({path, line}, {problem, ...(remedy !== undefined && {remedy})});

/** Reads the label of a row. @throws ManifestError for a row without label, or with several */
function readLabel(cells: readonly string[], {label}: ManifestColumns, fail: Fail): string {
  if (typeof label === 'number') {
    return (cells[label] ?? '').trim().normalize('NFC');
  }
  const activeLabels = [...label].filter(([i]) => Number(cells[i]) === 1).map(([, name]) => name);
  if (activeLabels.length > 1) throw multipleLabelsError(activeLabels, fail);
  return activeLabels[0] ?? '';
}

const multipleLabelsError = (labels: readonly string[], fail: Fail): ManifestError =>
  fail(
    `has ${labels.length} labels: ${labels.join(', ')}`,
    'Images with several labels are not supported: leave such lines out.',
  );

/** @throws ManifestError for the first row with several labels in one cell */
function assertSingleLabels(rows: readonly ManifestRow[], isPlural: boolean, path: string): void {
  const parseMultipleLabels = createMultiLabelParser(
    rows.map(({label}) => label),
    isPlural,
  );
  for (const {label, line} of rows) {
    const labelList = parseMultipleLabels(label);
    if (labelList !== undefined) throw multipleLabelsError(labelList, failAt(path, line));
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
 * Reads the rows of a list of images. `.csv` and `.tsv` files have a header, or the columns path, label and split. `.jsonl` files have such
 * keys. One-hot columns name the label of each row.
 *
 * @param files the files next to the list
 * @throws ManifestError for a row without a path or without exactly one label, or a file that is not such a list; ManifestColumnsError
 */
export async function readManifestRows(
  path: string,
  files: ManifestFiles,
  columnOptions: ColumnOptions,
): Promise<ManifestRow[]> {
  const {lines, keys} = await readTable(path);
  if (lines.length === 0)
    throw new ManifestError({path}, {problem: 'is no list of images: every line is empty'});
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
    const fail = failAt(path, line);
    if (cells.slice(width).some(cell => cell.trim() !== ''))
      throw fail(
        `has ${cells.length} columns, and ${width} are the most`,
        'Put a comma of a name into quotes.',
      );
    const image = (cells[columns.path] ?? '').trim();
    if (image === '') throw fail('has no path of an image', COMPLETE_REMEDY);
    if (/^(?!file:)[a-z][a-z\d+.-]*:\/\//i.test(image)) {
      throw fail(
        `has the address ${image} in place of the path of a file`,
        'Download the images, and list them by paths relative to the list.',
      );
    }
    const label = readLabel(cells, columns, fail);
    if (label === '') throw fail(`has no label for ${image}`, COMPLETE_REMEDY);
    return {line, path: image, label, split: readSplit(cells, columns)};
  });
  assertSingleLabels(parsedRows, columns.isPlural === true, path);
  return parsedRows;
}
