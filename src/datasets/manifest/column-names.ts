/** Known names of columns and keys, without case, spaces and punctuation. The first known name takes precedence. */
export const COLUMN_NAMES = {
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
  label: [
    'label',
    'labels',
    'class',
    'classname',
    'labelname',
    'category',
    'categoryname',
    'target',
    'classid',
    'categoryid',
    'labelid',
  ],
  split: [
    'split',
    'set',
    'part',
    'subset',
    'dataset',
    'datasplit',
    'partition',
    'phase',
    'usage',
    'mluse',
    'isvalid',
    'isval',
    'istest',
  ],
} as const;

/** Domain-specific names of label columns. They are used only if no other column is called label or class. */
export const LABEL_SYNONYMS = [
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

/** Ambiguous names of split columns. Such a column is used only if its cells are names of splits. */
export const AMBIGUOUS_SPLIT_NAMES = ['set', 'part', 'dataset', 'partition', 'phase', 'usage'];

/** Names of columns with several labels. */
const PLURAL_NAME = /^(?:labels|tags|classes|categories|targets|keywords|attributes|attributeids)$/;

const KNOWN_NAMES: ReadonlySet<string> = new Set([
  ...Object.values(COLUMN_NAMES).flat(),
  ...LABEL_SYNONYMS,
]);

export const normalizeColumnName = (name: string): string =>
  name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** Whether a name is a known column name. */
export const isKnownName = (name: string): boolean => KNOWN_NAMES.has(normalizeColumnName(name));

export const isPluralName = (name: string): boolean => PLURAL_NAME.test(normalizeColumnName(name));

/** Whether a column is the index that pandas writes first. */
export const isIndexColumn = (name: string): boolean =>
  name.trim() === '' || /^unnamed: \d+$/i.test(name.trim());

/** The index of the column with the first of several names that the header contains. */
export function findByName(
  header: readonly string[],
  names: readonly string[],
): number | undefined {
  return names
    .map(name => header.findIndex(cell => normalizeColumnName(cell) === name))
    .find(index => index >= 0);
}
