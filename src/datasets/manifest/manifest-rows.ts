import {readFile} from 'node:fs/promises';
import {extname} from 'node:path';
import {Readable} from 'node:stream';
import {parse} from 'csv-parse';
import {DatasetError, errorMessage} from '../../core/errors.js';
import {isSystemError, describeSystemError} from '../../core/files/system-error.js';
import {decodeText, EncodingError} from '../../core/files/text-file.js';
import type {ManifestFiles} from './listed-files.js';
import {createMultiLabelParser} from './multi-label.js';
import {
  detectColumns,
  isUnassigned,
  type ManifestColumns,
  type ColumnOptions,
} from './manifest-columns.js';

/** A list of images that cannot be understood. */
export class ManifestError extends DatasetError {
  override readonly code = 'INVALID_MANIFEST';

  constructor(
    readonly path: string,
    /** From 1; of the whole file where it is undefined. */
    readonly line: number | undefined,
    expected: string,
    found: string,
  ) {
    super(
      `Expected ${expected} in ${path}${line === undefined ? '' : `, line ${line}`}, but found ${found}.`,
    );
  }
}

/** A line of a list. */
export interface ManifestRow {
  readonly line: number;
  readonly path: string;
  /** In NFC. */
  readonly label: string;
  /** As it is written; empty where nothing is. */
  readonly split: string;
}

interface Line {
  readonly line: number;
  readonly cells: readonly string[];
}

interface Table {
  readonly lines: readonly Line[];
  /** Of objects; in other lists the first line may have them. */
  readonly keys?: readonly string[];
}

const DELIMITED_EXTENSIONS = ['.csv', '.tsv'];
const JSON_LINES_EXTENSIONS = ['.jsonl', '.ndjson'];

/** Columns of a list that does not name them: path, label, split. */
const DEFAULT_COLUMN_COUNT = 3;

/** Whether a path names a list of images, and not a folder of them. */
export const hasManifestExtension = (path: string): boolean =>
  [...DELIMITED_EXTENSIONS, ...JSON_LINES_EXTENSIONS].includes(extname(path).toLowerCase());

/** What separates the cells of the first line; where it could be several, what the name of the file says. */
function detectDelimiter(text: string, path: string): string {
  const first = /^(?:"[^"]*"|[^"\n\r])*/.exec(text.trimStart())![0].replace(/"[^"]*"/g, '');
  const count = (delimiter: string): number => first.split(delimiter).length;
  const delimiters = extname(path).toLowerCase() === '.tsv' ? ['\t', ',', ';'] : [',', ';', '\t'];
  return delimiters.reduce((best, delimiter) =>
    count(delimiter) > count(best) ? delimiter : best,
  );
}

/** Quotes, separators and line ends within quotes as RFC 4180 has them; either kind of line end is no matter. */
async function parseDelimited(text: string, path: string): Promise<Table> {
  const separatorLine = /^sep=([,;\t|])\r?\n/i.exec(text); // Excel writes and reads such a line
  const delimiter = separatorLine?.[1] ?? detectDelimiter(text, path);
  const ltrim = delimiter !== '\t'; // a quote may follow a space
  const options = {
    delimiter,
    ltrim,
    relax_column_count: true,
    skip_empty_lines: true,
    info: true,
    from_line: separatorLine === null ? 1 : 2,
  } as const;
  const parser = Readable.from([text]).pipe(parse(options));
  const lines: Line[] = [];
  for await (const {record, info} of parser as AsyncIterable<{
    record: string[];
    info: {lines: number};
  }>) {
    if (record.some(cell => cell.trim() !== '')) lines.push({line: info.lines, cells: record});
  }
  return {lines};
}

function parseJsonLines(text: string, path: string): Table {
  const objects = text
    .split(/\r?\n/)
    .flatMap((line, i) =>
      line.trim() === '' ? [] : [{line: i + 1, object: parseObject(line.trim(), path, i + 1)}],
    );
  const keys = [...new Set(objects.flatMap(({object}) => Object.keys(object)))];
  const lines = objects.map(({line, object}) => {
    const values = new Map(Object.entries(object));
    return {line, cells: keys.map(key => toCellText(values.get(key)))};
  });
  return {lines, keys};
}

/** Several values are read like a list of several labels. */
function toCellText(value: unknown): string {
  if (Array.isArray(value)) return value.map(toCellText).join('|');
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : '';
}

function parseObject(text: string, path: string, line: number): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // said below
  }
  throw new ManifestError(
    path,
    line,
    'a JSON object with a path and a label',
    text.length > 60 ? `${text.slice(0, 60)}…` : text,
  );
}

async function readTable(path: string): Promise<Table> {
  try {
    const text = decodeText(await readFile(path));
    return JSON_LINES_EXTENSIONS.includes(extname(path).toLowerCase())
      ? parseJsonLines(text, path)
      : await parseDelimited(text, path);
  } catch (error) {
    if (error instanceof ManifestError) throw error;
    if (isSystemError(error))
      throw new ManifestError(
        path,
        undefined,
        'a list that can be read',
        `that ${describeSystemError(error)}`,
      );
    const remedy =
      error instanceof EncodingError
        ? '; save it as UTF-8, for example: iconv -f latin1 -t utf-8 LIST > NEW'
        : '';
    throw new ManifestError(
      path,
      undefined,
      error instanceof EncodingError ? 'UTF-8' : 'a list of images',
      errorMessage(error) + remedy,
    );
  }
}

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
        (expected, found) => new ManifestError(path, line, expected, found),
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
    throw new ManifestError(path, undefined, 'a list of images', 'no line with anything in it');
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
      new ManifestError(path, line, expected, found);
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
