import {readFile} from 'node:fs/promises';
import {extname} from 'node:path';
import {Readable} from 'node:stream';
import {parse} from 'csv-parse';
import {defineError, DatasetError, errorMessage} from '../../core/errors.js';
import {isSystemError, describeSystemError} from '../../core/files/system-error.js';
import {decodeText, EncodingError} from '../../core/files/text-file.js';

/** Thrown for a list of images that cannot be parsed. */
export class ManifestError extends defineError(
  DatasetError,
  'INVALID_MANIFEST',
  (
    {
      path,
      line,
    }: {
      path: string;
      /** Line number from 1; undefined for the whole file. */
      line?: number | undefined;
    },
    {
      problem,
      remedy,
    }: {
      /** A clause about the list or its line. */
      problem: string;
      remedy?: string;
    },
  ) => {
    const where = line === undefined ? path : `${path}, line ${line},`;
    return `${where} ${problem}.${remedy === undefined ? '' : ` ${remedy}`}`;
  },
) {}

interface Line {
  readonly line: number;
  readonly cells: readonly string[];
}

/** The cells of a list. */
export interface Table {
  readonly lines: readonly Line[];
  /** Keys of JSON objects. In other lists, the first row may be a header. */
  readonly keys?: readonly string[];
}

const DELIMITED_EXTENSIONS = ['.csv', '.tsv'];
const JSON_LINES_EXTENSIONS = ['.jsonl', '.ndjson'];

/** Whether a path has the extension of a list of images. */
export const hasManifestExtension = (path: string): boolean =>
  [...DELIMITED_EXTENSIONS, ...JSON_LINES_EXTENSIONS].includes(extname(path).toLowerCase());

/** Detects the delimiter by the first line. If several fit, the file extension decides. */
function detectDelimiter(text: string, path: string): string {
  const first = /^(?:"[^"]*"|[^"\n\r])*/.exec(text.trimStart())![0].replace(/"[^"]*"/g, '');
  const count = (delimiter: string): number => first.split(delimiter).length;
  const delimiters = extname(path).toLowerCase() === '.tsv' ? ['\t', ',', ';'] : [',', ';', '\t'];
  return delimiters.reduce((best, delimiter) =>
    count(delimiter) > count(best) ? delimiter : best,
  );
}

/** Parses delimited text with quoting as in RFC 4180. Both kinds of line ends are accepted. */
async function parseDelimited(text: string, path: string): Promise<Table> {
  const separatorLine = /^sep=([,;\t|])\r?\n/i.exec(text); // Excel writes and reads this line
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

/** Converts a JSON value to the text of a cell. Arrays become a list of several labels. */
function toCellText(value: unknown): string {
  if (Array.isArray(value)) return value.map(toCellText).join('|');
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value) : '';
}

function parseObject(text: string, path: string, line: number): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // reported below
  }
  throw new ManifestError(
    {path, line},
    {
      problem: `is no JSON object with a path and a label: ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`,
    },
  );
}

const UTF8_REMEDY = 'Save it as UTF-8, for example: iconv -f latin1 -t utf-8 LIST > NEW.';

/** Reads the non-empty rows of a list. @throws ManifestError for a file that is not a list */
export async function readTable(path: string): Promise<Table> {
  try {
    const text = decodeText(await readFile(path));
    return JSON_LINES_EXTENSIONS.includes(extname(path).toLowerCase())
      ? parseJsonLines(text, path)
      : await parseDelimited(text, path);
  } catch (error) {
    if (error instanceof ManifestError) throw error;
    if (isSystemError(error))
      throw new ManifestError({path}, {problem: `cannot be read: ${describeSystemError(error)}`});
    if (error instanceof EncodingError)
      throw new ManifestError({path}, {problem: `has ${error.message}`, remedy: UTF8_REMEDY});
    throw new ManifestError({path}, {problem: `is no list of images: ${errorMessage(error)}`});
  }
}
