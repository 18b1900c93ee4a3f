import {DatasetError} from '../core/errors.js';
import {isNamedAsImage} from './image-format.js';
import {partNamed} from './split-names.js';

/** Names that columns and keys go by, without case, spaces and signs. Of several, the first that is known is meant. */
const NAMES = {
  path: [
    ...[
      'path',
      'filepath',
      'filepaths',
      'imagepath',
      'imgpath',
      'filename',
      'filenames',
      'fname',
      'file',
      'imagefilename',
      'imagefile',
      'imgfile',
      'imagename',
      'imgname',
    ],
    ...[
      'image',
      'images',
      'img',
      'picture',
      'photo',
      'imageid',
      'imgid',
      'isicid',
      'idcode',
      'id',
      'uri',
      'gcsuri',
      'imageuri',
      'url',
      'imageurl',
    ],
  ],
  label: ['label', 'labels', 'class', 'classname', 'labelname', 'category', 'categoryname', 'target', 'classid', 'categoryid', 'labelid'],
  split: ['split', 'set', 'part', 'subset', 'dataset', 'datasplit', 'partition', 'phase', 'usage', 'mluse', 'isvalid', 'isval', 'istest'],
} as const;

/** Names of labels in one field or another: they count where no other column says label or class. */
const SUBJECTS = [
  'diagnosis',
  'dx',
  'breed',
  'species',
  'genus',
  'family',
  'variety',
  'cultivar',
  'disease',
  'emotion',
  'type',
  'tag',
  'tags',
  'y',
];

/** Names that are other things as well: such a column counts where its cells are parts of a split. */
const PERHAPS_SPLIT = ['set', 'part', 'dataset', 'partition', 'phase', 'usage'];

const PLURAL = /^(?:labels|tags|classes|categories|targets|keywords|attributes|attributeids)$/;

const KNOWN: ReadonlySet<string> = new Set([...Object.values(NAMES).flat(), ...SUBJECTS]);

const bare = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** Where each thing is in a row: columns from 0. */
export interface Columns {
  readonly path: number;
  /** A column of labels, or columns with a 1 in that of the label. */
  readonly label: number | ReadonlyMap<number, string>;
  readonly split?: number;
  /** `is_valid`: 1 says which part it is, 0 that it is for training. */
  readonly flagged?: 'validation' | 'test';
  readonly hasHeader: boolean;
  /** Whether the name of the column of labels is a plural. */
  readonly isPlural?: boolean;
}

/** Columns that a person names, by their header or their number from 1. */
export interface NamedColumns {
  readonly pathColumn?: string;
  readonly labelColumn?: string;
}

/** A list of images whose columns do not say what they are. */
export class ManifestColumnsError extends DatasetError {
  override readonly code = 'MANIFEST_COLUMNS';

  constructor(
    readonly path: string,
    problem: string,
    readonly columns: readonly string[],
  ) {
    super(
      `${problem} in ${path}. Its columns are ${columns.join(', ')}. Name them with --path-column and --label-column, or count them from 1.`,
    );
  }
}

type Rows = readonly (readonly string[])[];

/** Rows that columns are judged by. */
const JUDGED = 200;

/** What a list is known by: its rows, the header that keys of objects make, what names an image that is there. */
export interface Sheet {
  readonly path: string;
  readonly rows: Rows;
  readonly keys?: readonly string[];
  isImage(cell: string): boolean;
}

const looksLikeImage = (cell: string, {isImage}: Sheet): boolean => isNamedAsImage(cell.trim()) || isImage(cell.trim());

/** Whether the first row names columns. */
function isHeader(first: readonly string[], rest: Rows, sheet: Sheet): boolean {
  if (first.some(cell => isNamedAsImage(cell.trim()) || /^\w+:\/\//.test(cell.trim()))) return false;
  const known = first.filter(cell => KNOWN.has(bare(cell))).length;
  if (known > 1) return true; // also where a file `image.png` lies about
  if (first.some(cell => looksLikeImage(cell, sheet))) return false;
  return known > 0 || rest.slice(0, JUDGED).some(row => row.some(cell => looksLikeImage(cell, sheet)));
}

/** The column that a person names. @throws ManifestColumnsError where there is none */
function named(wish: string, option: string, header: readonly string[], path: string): number {
  const exact = header.findIndex(name => name.trim().normalize('NFC') === wish.trim().normalize('NFC'));
  const alike = exact >= 0 ? exact : header.findIndex(name => bare(name) === bare(wish) && bare(wish) !== '');
  const counted = /^\d+$/.test(wish) && Number(wish) >= 1 && Number(wish) <= header.length ? Number(wish) - 1 : -1;
  const found = alike >= 0 ? alike : counted;
  if (found < 0) throw new ManifestColumnsError(path, `There is no column ${wish} for --${option}`, header);
  return found;
}

const firstNamed = (header: readonly string[], names: readonly string[]): number | undefined => {
  const found = names.flatMap(name => header.findIndex(cell => bare(cell) === name)).find(index => index >= 0);
  return found;
};

/** The column with paths of images, by its name or else by what it holds. */
function pathIn(header: readonly string[], rows: Rows, sheet: Sheet): number | undefined {
  const byName = firstNamed(header, NAMES.path);
  const holding = header.flatMap((_, i) =>
    rows.length > 0 && rows.slice(0, JUDGED).every(row => looksLikeImage(row[i] ?? '', sheet)) ? [i] : [],
  );
  if (holding.length === 1) return holding[0];
  return byName ?? holding[0];
}

/** What AutoML may divide as it likes. */
export const isUnassigned = (cell: string): boolean => /^unassigned$/i.test(cell.trim());

/** Columns with a single 1 in every row, and a 0 in the others. */
function oneHot(header: readonly string[], rows: Rows, taken: ReadonlySet<number>): ReadonlyMap<number, string> | undefined {
  const columns = header.flatMap((name, i) => (taken.has(i) || isIndex(name) ? [] : [i]));
  const isBinary = (i: number): boolean => rows.every(row => /^[01](?:\.0*)?$/.test((row[i] ?? '').trim()));
  const binary = columns.filter(isBinary);
  return binary.length > 1 && binary.length === columns.length
    ? new Map(binary.map(i => [i, header[i]!.trim().normalize('NFC')]))
    : undefined;
}

/** What pandas writes before the first column. */
const isIndex = (name: string): boolean => name.trim() === '' || /^unnamed: \d+$/i.test(name.trim());

function labelIn(header: readonly string[], rows: Rows, taken: ReadonlySet<number>): Columns['label'] | undefined {
  const open = header.map((name, i) => (taken.has(i) ? '' : name));
  const matching = (names: readonly string[]): number[] => open.flatMap((name, i) => (names.includes(bare(name)) ? [i] : []));
  const [sure, subjects] = [matching(NAMES.label), matching(SUBJECTS)];
  const text = sure.filter(i => rows.some(row => !/^[\d.]*$/.test((row[i] ?? '').trim()))); // of `label` and `label_name`, the name
  if (sure.length > 0 && subjects.length > 0) return undefined;
  if (sure.length === 1) return sure[0];
  if (sure.length > 1) return text.length === 1 ? text[0] : undefined;
  const table = oneHot(header, rows, taken);
  if (table !== undefined) return table;
  if (subjects.length === 1) return subjects[0];
  const others = open.flatMap((name, i) => (taken.has(i) || isIndex(name) ? [] : [i]));
  return subjects.length === 0 && others.length === 1 ? others[0] : undefined;
}

function splitIn(header: readonly string[], rows: Rows): Pick<Columns, 'split' | 'flagged'> {
  const isPart = (cell: string): boolean => cell === '' || isUnassigned(cell) || partNamed(cell) !== undefined;
  const holdsParts = (i: number): boolean => rows.every(row => isPart((row[i] ?? '').trim()));
  const open = header.map((name, i) => (PERHAPS_SPLIT.includes(bare(name)) && !holdsParts(i) ? '' : name));
  const split = firstNamed(open, NAMES.split);
  if (split === undefined) return {};
  const flagged = ({isvalid: 'validation', isval: 'validation', istest: 'test'} as const)[bare(header[split]!) as 'isvalid'];
  return {split, ...(flagged && {flagged})};
}

/** `TRAIN,images/1.jpg,cat`, as AutoML writes it, or `images/1.jpg,cat,train`. */
function withoutHeader(sheet: Sheet, numbers: readonly string[]): Columns {
  const [first] = sheet.rows;
  const isAutoMl = first!.length > 2 && (partNamed(first![0]!) !== undefined || isUnassigned(first![0]!));
  if (isAutoMl) return {path: 1, label: 2, split: 0, hasHeader: false};
  if (numbers.length > 3) throw new ManifestColumnsError(sheet.path, 'Which columns are paths and labels is not clear', numbers);
  const isReversed = numbers.length === 2 && pathIn(numbers, sheet.rows, sheet) === 1;
  if (isReversed) return {path: 1, label: 0, hasHeader: false};
  return {path: 0, label: 1, ...(numbers.length > 2 && {split: 2}), hasHeader: false};
}

/**
 * What the columns of a list are, by their names and what is in them.
 * @throws ManifestColumnsError (exit 3) where that is not clear
 */
export function columnsOf(sheet: Sheet, {pathColumn, labelColumn}: NamedColumns): Columns {
  const [first = []] = sheet.rows;
  const wishes = pathColumn !== undefined || labelColumn !== undefined;
  const hasHeader = sheet.keys === undefined && isHeader(first, sheet.rows.slice(1), sheet);
  const numbers = first.map((_, i) => String(i + 1));
  if (sheet.keys === undefined && !hasHeader && !wishes) return withoutHeader(sheet, numbers);
  const header = sheet.keys ?? (hasHeader ? first : numbers);
  const rows = hasHeader ? sheet.rows.slice(1) : sheet.rows;
  const path = pathColumn === undefined ? pathIn(header, rows, sheet) : named(pathColumn, 'path-column', header, sheet.path);
  if (path === undefined) throw new ManifestColumnsError(sheet.path, 'Which column has the paths is not clear', header);
  const splitting = splitIn(
    header.map((name, i) => (i === path ? '' : name)),
    rows,
  );
  const taken = new Set([path, ...(splitting.split === undefined ? [] : [splitting.split])]);
  const label = labelColumn === undefined ? labelIn(header, rows, taken) : named(labelColumn, 'label-column', header, sheet.path);
  if (label === undefined || label === path) throw new ManifestColumnsError(sheet.path, 'Which column has the labels is not clear', header);
  const isPlural = typeof label === 'number' && PLURAL.test(bare(header[label]!));
  return {path, label, ...(label === splitting.split ? {} : splitting), hasHeader, isPlural};
}
