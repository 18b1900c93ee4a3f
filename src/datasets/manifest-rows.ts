import {createReadStream} from 'node:fs';
import {extname} from 'node:path';
import {createInterface} from 'node:readline';
import {pipeline} from 'node:stream';
import {parse} from 'csv-parse';
import {DatasetError, messageOf} from '../core/errors.js';

/** A list of images that cannot be understood. */
export class ManifestError extends DatasetError {
  override readonly code = 'MANIFEST';

  constructor(
    readonly path: string,
    /** From 1; of the whole file where it is undefined. */
    readonly line: number | undefined,
    expected: string,
    found: string,
  ) {
    super(`Expected ${expected} in ${path}${line === undefined ? '' : `, line ${line}`}, but found ${found}.`);
  }
}

/** A line of a list. */
export interface ManifestRow {
  readonly line: number;
  readonly path: string;
  readonly label: string;
  /** As it is written; empty where nothing is. */
  readonly split: string;
}

/** Names that columns and keys go by, in lower case. */
const COLUMNS = {
  path: ['path', 'file', 'filename', 'file_name', 'filepath', 'image', 'image_path'],
  label: ['label', 'class', 'class_name', 'category', 'target'],
  split: ['split', 'set', 'part', 'subset'],
} as const;

type Column = keyof typeof COLUMNS;

const DELIMITERS: Readonly<Record<string, string>> = {'.csv': ',', '.tsv': '\t'};
const LINES = ['.jsonl', '.ndjson'];

/** Whether a path names a list of images, and not a folder of them. */
export const isManifest = (path: string): boolean => [...Object.keys(DELIMITERS), ...LINES].includes(extname(path).toLowerCase());

const columnNamed = (name: string): Column | undefined =>
  (Object.keys(COLUMNS) as Column[]).find(column => (COLUMNS[column] as readonly string[]).includes(name.trim().toLowerCase()));

/** Where the columns are: as the first line names them, or path, label and split in this order. */
function headerOf(cells: readonly string[]): ReadonlyMap<Column, number> | undefined {
  const named = cells.flatMap((cell, index) => {
    const column = columnNamed(cell);
    return column === undefined ? [] : [[column, index] as const];
  });
  const header = new Map(named);
  return header.has('path') && header.has('label') ? header : undefined;
}

const POSITIONS: ReadonlyMap<Column, number> = new Map([
  ['path', 0],
  ['label', 1],
  ['split', 2],
]);

/** Quotes, commas and line ends within quotes as RFC 4180 has them; a byte order mark and either kind of line end are no matter. */
async function* separated(path: string, delimiter: string): AsyncGenerator<ManifestRow> {
  const parser = parse({delimiter, bom: true, relax_column_count: true, skip_empty_lines: true, info: true});
  pipeline(createReadStream(path), parser, () => undefined); // unlike pipe, it hands on that the file cannot be read
  let columns: ReadonlyMap<Column, number> | undefined;
  let width = POSITIONS.size;
  for await (const {record, info} of parser as AsyncIterable<{record: string[]; info: {lines: number}}>) {
    if (columns === undefined) {
      const header = headerOf(record);
      columns = header ?? POSITIONS;
      if (header !== undefined) {
        width = record.length;
        continue;
      }
    }
    if (record.length > width)
      throw new ManifestError(path, info.lines, `at most ${width} columns`, `${record.length}; put a comma of a name into quotes`);
    const cell = (column: Column): string => (record[columns!.get(column) ?? Infinity] ?? '').trim();
    yield {line: info.lines, path: cell('path'), label: cell('label'), split: cell('split')};
  }
}

async function* jsonLines(path: string): AsyncGenerator<ManifestRow> {
  let line = 0;
  for await (const text of createInterface({input: createReadStream(path), crlfDelay: Infinity})) {
    line++;
    const bare = text.replace(/^\uFEFF/, '').trim();
    if (bare === '') continue;
    const object = parseObject(bare, path, line);
    const cell = (column: Column): string => {
      const [, value] = Object.entries(object).find(([key]) => columnNamed(key) === column) ?? [];
      return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
    };
    yield {line, path: cell('path'), label: cell('label'), split: cell('split')};
  }
}

function parseObject(text: string, path: string, line: number): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // said below
  }
  throw new ManifestError(path, line, 'a JSON object with a path and a label', text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/**
 * The lines of a list of images: `.csv` or `.tsv`, with a line of names (`path`, `label`, perhaps `split`) or the columns in this order, or
 * `.jsonl` with those keys.
 *
 * @throws ManifestError for a line that has no path or no label, or a file that is no such list
 */
export async function* manifestRows(path: string): AsyncGenerator<ManifestRow> {
  const delimiter = DELIMITERS[extname(path).toLowerCase()];
  try {
    for await (const row of delimiter === undefined ? jsonLines(path) : separated(path, delimiter)) {
      if (row.path === '') throw new ManifestError(path, row.line, 'the path of an image', 'none');
      if (row.label === '') throw new ManifestError(path, row.line, `a label for ${row.path}`, 'none');
      yield row;
    }
  } catch (error) {
    if (error instanceof ManifestError) throw error;
    throw new ManifestError(path, undefined, 'a list of images', messageOf(error));
  }
}
