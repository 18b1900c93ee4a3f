import {existsSync} from 'node:fs';
import {UsageError} from '../../core/errors.js';
import {printable} from '../../core/text/printable.js';
import {
  withImageSize,
  TORCHVISION_PREPROCESSING,
  withFit,
  type Fit,
  type Preprocessing,
} from '../../core/preprocessing.js';
import {resolveAugmentation, type AugmentationChoice} from '../../datasets/augmentation/augment.js';
import {describeSystemError} from '../../core/files/system-error.js';
import {isFileExistsError, writeFileAtomic} from '../../core/files/atomic-write.js';
import {renderContactSheet, type SheetLabels} from '../../datasets/images/contact-sheet.js';
import {previewAugmentation} from '../../datasets/augmentation/preview.js';
import {formatCount} from '../../core/text/format-count.js';
import type {CommandHandler} from '../command.js';
import {toFolderOptions, formatFolderFlags, type FolderValues} from '../options/folder-options.js';
import {loadFolder} from '../load-folder.js';
import {PROGRAM_NAME, quoted} from '../terminal/format.js';

interface PreviewValues extends FolderValues {
  readonly augment?: AugmentationChoice;
  readonly fit?: Fit;
  readonly imageSize?: number;
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly images?: number;
  readonly columns?: number;
}

/** @throws UsageError (exit 2) if the file exists already or cannot be written */
async function writeSheet(path: string, sheet: Buffer, overwrite: boolean): Promise<void> {
  try {
    await writeFileAtomic(path, sheet, {exclusive: !overwrite});
  } catch (error) {
    const isExisting = isFileExistsError(error);
    throw new UsageError(
      isExisting
        ? `${path} (--out) exists already. Give another name, or add --overwrite.`
        : `${path} (--out) cannot be written: ${describeSystemError(error)}. Give another name.`,
    );
  }
}

const previewName = (number: number): string => `preview${number === 1 ? '' : `-${number}`}.jpg`;

/** Name that is not in use, so that two previews can be compared and neither is overwritten. */
function findUnusedName(number = 1): string {
  return existsSync(previewName(number)) ? findUnusedName(number + 1) : previewName(number);
}

type SampleVersions = Awaited<ReturnType<typeof previewAugmentation>>;

function preprocessingFor(fit: Fit, imageSize: number | undefined): Preprocessing {
  const sized =
    imageSize === undefined
      ? TORCHVISION_PREPROCESSING
      : withImageSize(TORCHVISION_PREPROCESSING, imageSize);
  return withFit(sized, fit);
}

/** Rows of images that could be read. @throws UsageError (exit 2) if there are none */
function readableRows(found: SampleVersions, directory: string): SampleVersions {
  const rows = found.filter(({versions}) => versions.length > 0);
  if (rows.length > 0) return rows;
  const error = found.find(({error}) => error !== undefined)?.error;
  throw new UsageError(
    `No image in ${directory} can be read${error === undefined ? '' : `: ${error}`}. Run ${PROGRAM_NAME} check ${quoted(directory)}.`,
  );
}

/** The class above each row, and above each column what was done to the image. */
const sheetLabels = (
  rows: readonly string[],
  augment: AugmentationChoice,
  columns: number,
): SheetLabels => {
  const name = typeof augment === 'string' ? augment : 'recipe';
  return {
    rows,
    columns: ['unaugmented', ...Array.from({length: columns}, (_, i) => `${name} ${i + 1}`)],
  };
};

/** Lists the image in each row of the sheet, and the images that are not shown. */
const formatRows = (
  shown: readonly {readonly name: string; readonly className: string}[],
  found: SampleVersions,
): string[] => [
  ...shown.map(
    ({name, className}, i) => `  row ${i + 1}: ${printable(className)}, ${printable(name)}`,
  ),
  ...found.flatMap(({sample, error}) =>
    error === undefined ? [] : [`  not shown: ${printable(sample.name)} (${error})`],
  ),
];

/** `finetune preview DIR`: draws a sheet of images as training would see them. */
export const previewCommand: CommandHandler = async (input, context) => {
  const {
    augment = 'standard',
    fit = 'crop',
    overwrite = false,
    ...values
  } = input.values as PreviewValues;
  const {imageSize, images = 8, columns = 6, seed = 42} = values;
  const {out = overwrite ? previewName(1) : findUnusedName()} = values;
  const directory = String(input.positionals.dir);
  const folder = await loadFolder(directory, toFolderOptions(values), context);
  const preprocessing = preprocessingFor(fit, imageSize);
  const augmentation = resolveAugmentation(augment);
  const options = {images, columns, augmentation, preprocessing, seed};
  const found = await previewAugmentation(folder, options);
  const rows = readableRows(found, directory);
  const shown = rows.map(({sample: {name, label}}) => ({
    name,
    className: folder.classNames[label]!,
  }));
  const versions = rows.map(row => row.versions);
  const labels = sheetLabels(
    shown.map(({className}) => className),
    augment,
    columns,
  );
  const sheet = await renderContactSheet(versions, preprocessing.cropSize, out, labels);
  await writeSheet(out, sheet, overwrite);
  const summary = `${formatCount(rows.length, 'image')}, each unaugmented and in ${formatCount(columns, 'augmented version')}`;
  const augmentFlag = typeof augment === 'string' ? ` --augment ${augment}` : '';
  return {
    document: {sheet: out, augment, fit, seed, images: shown, columns},
    text: [`${printable(out)}: ${summary}`, ...formatRows(shown, found)].join('\n'),
    hint: `\nNext: ${PROGRAM_NAME} --data ${quoted(directory)}${formatFolderFlags(values)}${augmentFlag}`,
  };
};
