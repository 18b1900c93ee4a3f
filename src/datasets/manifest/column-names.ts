/** Names that columns and keys go by, without case, spaces and signs. Of several, the first that is known is meant. */
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

/** Names of labels in one field or another: they count where no other column says label or class. */
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

/** Names that are other things as well: such a column counts where its cells are names of splits. */
export const AMBIGUOUS_SPLIT_NAMES = ['set', 'part', 'dataset', 'partition', 'phase', 'usage'];

/** What a column of several labels may be called. */
const PLURAL_NAME = /^(?:labels|tags|classes|categories|targets|keywords|attributes|attributeids)$/;

const KNOWN_NAMES: ReadonlySet<string> = new Set([
  ...Object.values(COLUMN_NAMES).flat(),
  ...LABEL_SYNONYMS,
]);

export const normalizeColumnName = (name: string): string =>
  name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** Whether a name is one that columns of lists go by. */
export const isKnownName = (name: string): boolean => KNOWN_NAMES.has(normalizeColumnName(name));

export const isPluralName = (name: string): boolean => PLURAL_NAME.test(normalizeColumnName(name));

/** What pandas writes before the first column. */
export const isIndexColumn = (name: string): boolean =>
  name.trim() === '' || /^unnamed: \d+$/i.test(name.trim());

/** The column of the first of several names that is in a header. */
export function findByName(
  header: readonly string[],
  names: readonly string[],
): number | undefined {
  return names
    .map(name => header.findIndex(cell => normalizeColumnName(cell) === name))
    .find(index => index >= 0);
}
