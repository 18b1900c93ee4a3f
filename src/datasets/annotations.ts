import {isNamedAsArchive} from './archives/archive-kind.js';
import {optionsFor} from './layout-error.js';

// What annotation tools write beside images: names alone are looked at.

const DETECTION: readonly (readonly [tool: string, pattern: RegExp])[] = [
  ['COCO', /(?:^|\/)(?:_annotations\.coco|instances_\w+|annotations\/[^/]+|annotations|coco)\.json$/i],
  ['Roboflow or TensorFlow', /(?:^|\/)_annotations\.csv$/i],
  ['YOLO', /(?:^|\/)(?:labels\/(?:.+\/)?[^/]+\.txt|_darknet\.labels|data\.ya?ml|obj\.names)$/i],
  ['Pascal VOC', /\.xml$/i],
];

const BOXES =
  'Boxes are not read: export the dataset for classification, with a folder for each class (Roboflow calls it Folder Structure), or cut the boxes out of the images.';

const CLASS_TABLE = /(?:^|\/)_classes\.csv$/i;
const LIST = /^[^/]+\.(?:csv|tsv|jsonl|ndjson)$/i;

/** Lists that are named in a sentence. */
const NAMED = 3;

/** Folders for training, validation and test, as far as there are any, relative to the root. */
export type PartFolders = Readonly<Partial<Record<'train' | 'validation' | 'test', string>>>;

/** What to do about images without class folders, given the other files that are there; undefined where those say nothing. */
export function annotationRemedy(root: string, prefix: string, files: readonly string[], parts: PartFolders): string | undefined {
  const table = (part: keyof PartFolders): string | undefined =>
    parts[part] === undefined ? undefined : files.find(name => name.startsWith(parts[part]!) && CLASS_TABLE.test(name));
  const trained = table('train') ?? files.find(name => CLASS_TABLE.test(name));
  if (trained !== undefined) {
    const [validation, test] = [table('validation'), table('test')];
    const tables = {data: trained, ...(validation && {'val-data': validation}), ...(test && {'test-data': test})};
    return `${trained} says which classes they have: give ${optionsFor(root, tables)}.`;
  }
  const below = files.filter(name => name.startsWith(prefix));
  const [tool] = DETECTION.find(([, pattern]) => below.some(name => pattern.test(name))) ?? [];
  if (tool !== undefined) return `The files beside them are boxes for object detection (${tool}). ${BOXES}`;
  const lists = files.filter(name => LIST.test(name)).slice(0, NAMED);
  if (lists.length === 0) return archiveRemedy(root, files);
  return `If a list says which classes they have, give it: ${lists.map(name => optionsFor(root, {data: name})).join(' or ')}.`;
}

function archiveRemedy(root: string, files: readonly string[]): string | undefined {
  const archives = files.filter(isNamedAsArchive).slice(0, NAMED);
  if (archives.length === 0) return undefined;
  return `If the images are in an archive there, give it: ${archives.map(name => optionsFor(root, {data: name})).join(' or ')}.`;
}
