import {defineError, DatasetError} from '../../core/errors.js';
import {hasImageExtension} from '../images/image-format.js';
import {parseSplit} from '../layout/split-names.js';
import {
  AMBIGUOUS_SPLIT_NAMES,
  COLUMN_NAMES,
  findByName,
  isIndexColumn,
  isKnownName,
  isPluralName,
  LABEL_SYNONYMS,
  normalizeColumnName,
} from './column-names.js';

/** Indices of the columns, from 0. */
export interface ManifestColumns {
  readonly path: number;
  /** A column of labels, or one-hot columns with the label of each. */
  readonly label: number | ReadonlyMap<number, string>;
  readonly split?: number;
  /** Split of a flag column such as `is_valid`: 1 is this split, 0 is training. */
  readonly flaggedSplit?: 'validation' | 'test';
  readonly hasHeader: boolean;
  /** Whether the name of the label column is a plural. */
  readonly isPlural?: boolean;
}

/** Columns that the user specifies, by header or by number from 1. */
export interface ColumnOptions {
  readonly pathColumn?: string;
  readonly labelColumn?: string;
}

/** Thrown if the columns of a list cannot be identified. */
export class ManifestColumnsError extends defineError(
  DatasetError,
  'INVALID_MANIFEST_COLUMNS',
  ({path, columns}: {path: string; columns: readonly string[]}, {problem}: {problem: string}) =>
    `${problem} in ${path}. Its columns are ${columns.join(', ')}. Name them with --path-column and --label-column, or count them from 1.`,
) {}

type Rows = readonly (readonly string[])[];

/** Maximum number of rows inspected to identify columns. */
const MAX_INSPECTED_ROWS = 200;

/** The data that identifies columns: the rows, the keys of JSON objects as header, and a test for paths of existing images. */
export interface ManifestSheet {
  readonly path: string;
  readonly rows: Rows;
  readonly keys?: readonly string[];
  isImage(cell: string): boolean;
}

const isImageCell = (cell: string, {isImage}: ManifestSheet): boolean =>
  hasImageExtension(cell.trim()) || isImage(cell.trim());

/** Whether the first row is a header. */
function isHeader(first: readonly string[], rest: Rows, sheet: ManifestSheet): boolean {
  if (first.some(cell => hasImageExtension(cell.trim()) || /^\w+:\/\//.test(cell.trim())))
    return false;
  const known = first.filter(isKnownName).length;
  if (known > 1) return true; // even if a file `image.png` exists
  if (first.some(cell => isImageCell(cell, sheet))) return false;
  return (
    known > 0 ||
    rest.slice(0, MAX_INSPECTED_ROWS).some(row => row.some(cell => isImageCell(cell, sheet)))
  );
}

/** The column that the user specified. @throws ManifestColumnsError if it does not exist */
function findRequestedColumn(
  requested: string,
  option: string,
  header: readonly string[],
  path: string,
): number {
  const exact = header.findIndex(
    name => name.trim().normalize('NFC') === requested.trim().normalize('NFC'),
  );
  const matching =
    exact >= 0
      ? exact
      : header.findIndex(
          name =>
            normalizeColumnName(name) === normalizeColumnName(requested) &&
            normalizeColumnName(requested) !== '',
        );
  const byNumber =
    /^\d+$/.test(requested) && Number(requested) >= 1 && Number(requested) <= header.length
      ? Number(requested) - 1
      : -1;
  const found = matching >= 0 ? matching : byNumber;
  if (found < 0)
    throw new ManifestColumnsError(
      {path, columns: header},
      {problem: `There is no column ${requested} for --${option}`},
    );
  return found;
}

/** Detects the column of image paths, by its name or else by its content. */
function detectPathColumn(
  header: readonly string[],
  rows: Rows,
  sheet: ManifestSheet,
): number | undefined {
  const byName = findByName(header, COLUMN_NAMES.path);
  const imageColumns = header.flatMap((_, i) =>
    rows.length > 0 &&
    rows.slice(0, MAX_INSPECTED_ROWS).every(row => isImageCell(row[i] ?? '', sheet))
      ? [i]
      : [],
  );
  if (imageColumns.length === 1) return imageColumns[0];
  return byName ?? imageColumns[0];
}

/** Whether a cell is AutoML's `UNASSIGNED`: the image may go to any split. */
export const isUnassigned = (cell: string): boolean => /^unassigned$/i.test(cell.trim());

/** Detects one-hot columns: a single 1 in every row, and 0 in the others. */
function detectOneHotColumns(
  header: readonly string[],
  rows: Rows,
  usedColumns: ReadonlySet<number>,
): ReadonlyMap<number, string> | undefined {
  const columns = header.flatMap((name, i) =>
    usedColumns.has(i) || isIndexColumn(name) ? [] : [i],
  );
  const isBinary = (i: number): boolean =>
    rows.every(row => /^[01](?:\.0*)?$/.test((row[i] ?? '').trim()));
  const binary = columns.filter(isBinary);
  return binary.length > 1 && binary.length === columns.length
    ? new Map(binary.map(i => [i, header[i]!.trim().normalize('NFC')]))
    : undefined;
}

function detectLabelColumn(
  header: readonly string[],
  rows: Rows,
  usedColumns: ReadonlySet<number>,
): ManifestColumns['label'] | undefined {
  const remaining = header.map((name, i) => (usedColumns.has(i) ? '' : name));
  const matching = (names: readonly string[]): number[] =>
    remaining.flatMap((name, i) => (names.includes(normalizeColumnName(name)) ? [i] : []));
  const [labelColumns, synonymColumns] = [matching(COLUMN_NAMES.label), matching(LABEL_SYNONYMS)];
  const text = labelColumns.filter(i => rows.some(row => !/^[\d.]*$/.test((row[i] ?? '').trim()))); // not `label` next to `label_name`
  if (labelColumns.length > 0 && synonymColumns.length > 0) return undefined;
  if (labelColumns.length === 1) return labelColumns[0];
  if (labelColumns.length > 1) return text.length === 1 ? text[0] : undefined;
  const oneHotColumns = detectOneHotColumns(header, rows, usedColumns);
  if (oneHotColumns !== undefined) return oneHotColumns;
  if (synonymColumns.length === 1) return synonymColumns[0];
  const others = remaining.flatMap((name, i) =>
    usedColumns.has(i) || isIndexColumn(name) ? [] : [i],
  );
  return synonymColumns.length === 0 && others.length === 1 ? others[0] : undefined;
}

function detectSplitColumn(
  header: readonly string[],
  rows: Rows,
): Pick<ManifestColumns, 'split' | 'flaggedSplit'> {
  const isSplitCell = (cell: string): boolean =>
    cell === '' || isUnassigned(cell) || parseSplit(cell) !== undefined;
  const isSplitColumn = (i: number): boolean =>
    rows.every(row => isSplitCell((row[i] ?? '').trim()));
  const remaining = header.map((name, i) =>
    AMBIGUOUS_SPLIT_NAMES.includes(normalizeColumnName(name)) && !isSplitColumn(i) ? '' : name,
  );
  const split = findByName(remaining, COLUMN_NAMES.split);
  if (split === undefined) return {};
  const flaggedSplit = ({isvalid: 'validation', isval: 'validation', istest: 'test'} as const)[
    normalizeColumnName(header[split]!) as 'isvalid'
  ];
  return {split, ...(flaggedSplit && {flaggedSplit})};
}

/** Detects columns without a header: `TRAIN,images/1.jpg,cat`, as AutoML writes it, or `images/1.jpg,cat,train`. */
function columnsWithoutHeader(sheet: ManifestSheet, numbers: readonly string[]): ManifestColumns {
  const [first] = sheet.rows;
  const isAutoMl =
    first!.length > 2 && (parseSplit(first![0]!) !== undefined || isUnassigned(first![0]!));
  if (isAutoMl) return {path: 1, label: 2, split: 0, hasHeader: false};
  if (numbers.length > 3)
    throw new ManifestColumnsError(
      {path: sheet.path, columns: numbers},
      {problem: 'Which columns are paths and labels is not clear'},
    );
  const isReversed = numbers.length === 2 && detectPathColumn(numbers, sheet.rows, sheet) === 1;
  if (isReversed) return {path: 1, label: 0, hasHeader: false};
  return {path: 0, label: 1, ...(numbers.length > 2 && {split: 2}), hasHeader: false};
}

/**
 * Detects the columns of a list, by their names and content.
 * @throws ManifestColumnsError (exit 3) if they are ambiguous
 */
export function detectColumns(
  sheet: ManifestSheet,
  {pathColumn, labelColumn}: ColumnOptions,
): ManifestColumns {
  const [first = []] = sheet.rows;
  const hasColumnOptions = pathColumn !== undefined || labelColumn !== undefined;
  const hasHeader = sheet.keys === undefined && isHeader(first, sheet.rows.slice(1), sheet);
  const numbers = first.map((_, i) => String(i + 1));
  if (sheet.keys === undefined && !hasHeader && !hasColumnOptions)
    return columnsWithoutHeader(sheet, numbers);
  const header = sheet.keys ?? (hasHeader ? first : numbers);
  const rows = hasHeader ? sheet.rows.slice(1) : sheet.rows;
  const path =
    pathColumn === undefined
      ? detectPathColumn(header, rows, sheet)
      : findRequestedColumn(pathColumn, 'path-column', header, sheet.path);
  if (path === undefined)
    throw new ManifestColumnsError(
      {path: sheet.path, columns: header},
      {problem: 'Which column has the paths is not clear'},
    );
  const splitColumns = detectSplitColumn(
    header.map((name, i) => (i === path ? '' : name)),
    rows,
  );
  const usedColumns = new Set([
    path,
    ...(splitColumns.split === undefined ? [] : [splitColumns.split]),
  ]);
  const label =
    labelColumn === undefined
      ? detectLabelColumn(header, rows, usedColumns)
      : findRequestedColumn(labelColumn, 'label-column', header, sheet.path);
  if (label === undefined || label === path)
    throw new ManifestColumnsError(
      {path: sheet.path, columns: header},
      {problem: 'Which column has the labels is not clear'},
    );
  const isPlural = typeof label === 'number' && isPluralName(header[label]!);
  return {path, label, ...(label === splitColumns.split ? {} : splitColumns), hasHeader, isPlural};
}
