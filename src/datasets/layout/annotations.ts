import {hasArchiveExtension} from '../archives/archive-kind.js';
import {formatFolderOptions} from './layout-error.js';

// Detects files that annotation tools write next to images, by name only.

const DETECTION_FORMATS: readonly (readonly [tool: string, pattern: RegExp])[] = [
  [
    'COCO',
    /(?:^|\/)(?:_annotations\.coco|instances_\w+|annotations\/[^/]+|annotations|coco)\.json$/i,
  ],
  ['Roboflow or TensorFlow', /(?:^|\/)_annotations\.csv$/i],
  ['YOLO', /(?:^|\/)(?:labels\/(?:.+\/)?[^/]+\.txt|_darknet\.labels|data\.ya?ml|obj\.names)$/i],
  ['Pascal VOC', /\.xml$/i],
];

const BOXES_REMEDY =
  'Boxes are not read: export the dataset for classification, with a folder for each class (Roboflow calls it Folder Structure), or cut the boxes out of the images.';

const CLASS_TABLE = /(?:^|\/)_classes\.csv$/i;
const LIST_FILE = /^[^/]+\.(?:csv|tsv|jsonl|ndjson)$/i;

/** Maximum number of lists named in a message. */
const MAX_NAMED_LISTS = 3;

/** Existing folders for training, validation and test, relative to the root. */
export type SplitPrefixes = Readonly<Partial<Record<'train' | 'validation' | 'test', string>>>;

/** A remedy for images without class folders, based on the other files; undefined if those give no hint. */
export function annotationRemedy(
  root: string,
  prefix: string,
  files: readonly string[],
  splitPrefixes: SplitPrefixes,
): string | undefined {
  const table = (split: keyof SplitPrefixes): string | undefined =>
    splitPrefixes[split] === undefined
      ? undefined
      : files.find(name => name.startsWith(splitPrefixes[split]!) && CLASS_TABLE.test(name));
  const trainTable = table('train') ?? files.find(name => CLASS_TABLE.test(name));
  if (trainTable !== undefined) {
    const [validation, test] = [table('validation'), table('test')];
    const tables = {
      data: trainTable,
      ...(validation && {'val-data': validation}),
      ...(test && {'test-data': test}),
    };
    return `${trainTable} says which classes they have: give ${formatFolderOptions(root, tables)}.`;
  }
  const filesBelow = files.filter(name => name.startsWith(prefix));
  const [tool] =
    DETECTION_FORMATS.find(([, pattern]) => filesBelow.some(name => pattern.test(name))) ?? [];
  if (tool !== undefined)
    return `The files next to them are boxes for object detection (${tool}). ${BOXES_REMEDY}`;
  const lists = files.filter(name => LIST_FILE.test(name)).slice(0, MAX_NAMED_LISTS);
  if (lists.length === 0) return archiveRemedy(root, files);
  return `If a list says which classes they have, give it: ${lists.map(name => formatFolderOptions(root, {data: name})).join(' or ')}.`;
}

function archiveRemedy(root: string, files: readonly string[]): string | undefined {
  const archives = files.filter(hasArchiveExtension).slice(0, MAX_NAMED_LISTS);
  if (archives.length === 0) return undefined;
  return `If the images are in an archive there, give it: ${archives.map(name => formatFolderOptions(root, {data: name})).join(' or ')}.`;
}
