import {readFile} from 'node:fs/promises';
import {extname} from 'node:path';
import {Readable} from 'node:stream';
import {parse} from 'csv-parse';
import {defineError, DatasetError, errorMessage} from '../../core/errors.js';
import {isSystemError, describeSystemError} from '../../core/files/system-error.js';
import {decodeText, EncodingError} from '../../core/files/text-file.js';

/** A list of images that cannot be understood. */
export class ManifestError extends defineError(
  DatasetError,
  'INVALID_MANIFEST',
  (
    {
      path,
      line,
    }: {
      path: string;
      /** From 1; of the whole file where it is undefined. */
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
  /** Of objects; in other lists the first line may have them. */
  readonly keys?: readonly string[];
}

const DELIMITED_EXTENSIONS = ['.csv', '.tsv'];
const JSON_LINES_EXTENSIONS = ['.jsonl', '.ndjson'];

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
    {path, line},
    {
      problem: `is no JSON object with a path and a label: ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`,
    },
  );
}

const UTF8_REMEDY = 'Save it as UTF-8, for example: iconv -f latin1 -t utf-8 LIST > NEW.';

/** The lines of a list that have something in them. @throws ManifestError for a file that is no list */
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
