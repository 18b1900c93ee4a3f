import {existsSync} from 'node:fs';
import {UsageError} from '../../core/errors.js';
import {printable} from '../../core/printable.js';
import {atImageSize, TORCHVISION_PREPROCESSING, withFit, type Fit} from '../../core/preprocessing.js';
import {augmentationOf, type AugmentationChoice} from '../../datasets/augment.js';
import {whyOf} from '../../core/system-error.js';
import {isTaken, writeWhole} from '../../core/write-file.js';
import {contactSheet} from '../../datasets/contact-sheet.js';
import {previewOf} from '../../datasets/preview.js';
import {plural} from '../../report/format.js';
import type {Action} from '../action.js';
import {folderOptions, folderWords, type FolderValues} from '../folder-options.js';
import {loadFolder} from '../load-folder.js';
import {PROGRAM, quoted} from '../words.js';

interface PreviewValues extends FolderValues {
  readonly augment?: AugmentationChoice;
  readonly fit?: Fit;
  readonly imageSize?: number;
  readonly out?: string;
  readonly overwrite?: boolean;
  readonly pictures?: number;
  readonly variations?: number;
}

/** @throws UsageError (exit 2) where there is something already, or it cannot be written */
async function write(path: string, sheet: Buffer, overwrite: boolean): Promise<void> {
  try {
    await writeWhole(path, sheet, {exclusive: !overwrite});
  } catch (error) {
    const isThere = isTaken(error);
    throw new UsageError(
      `Expected a new file at ${path} for --out, but found ${isThere ? 'one' : whyOf(error)}. Give another name${isThere ? ', or add --overwrite' : ''}.`,
    );
  }
}

const nameOf = (number: number): string => `preview${number === 1 ? '' : `-${number}`}.jpg`;

/** A name that nothing has yet: two kinds of augmentation are to be compared, and neither is lost. */
function freeName(number = 1): string {
  return existsSync(nameOf(number)) ? freeName(number + 1) : nameOf(number);
}

/** `finetune preview DIR`: what training would see. */
export const preview: Action = async (request, session) => {
  const {
    augment = 'standard',
    fit = 'crop',
    imageSize,
    overwrite = false,
    out = overwrite ? nameOf(1) : freeName(),
    ...values
  } = request.values as PreviewValues;
  const {pictures = 8, variations = 6, seed = 42} = values;
  const directory = String(request.positionals.dir);
  const folder = await loadFolder(directory, folderOptions(values), session);
  const sized = imageSize === undefined ? TORCHVISION_PREPROCESSING : atImageSize(TORCHVISION_PREPROCESSING, imageSize);
  const preprocessing = withFit(sized, fit);
  const found = await previewOf(folder, {pictures, variations, augmentation: augmentationOf(augment), preprocessing, seed});
  const rows = found.filter(({shown}) => shown.length > 0);
  const [broken] = found.filter(({fault}) => fault !== undefined);
  if (rows.length === 0)
    throw new UsageError(
      `Expected a picture that can be read in ${directory}, but found ${broken?.fault ?? 'none'}. See ${PROGRAM} check.`,
    );
  await write(
    out,
    await contactSheet(
      rows.map(({shown}) => shown),
      preprocessing.cropSize,
      out,
    ),
    overwrite,
  );
  const shown = rows.map(({sample: {name, label}}) => ({name, className: folder.classNames[label]!}));
  return {
    document: {sheet: out, augment, fit, seed, pictures: shown, variations},
    text: [
      `${printable(out)}: ${plural(rows.length, 'picture')}, each as it is and in ${plural(variations, 'variation')}`,
      ...shown.map(({name, className}, i) => `  row ${i + 1}: ${printable(className)}, ${printable(name)}`),
      ...found.flatMap(({sample, fault}) => (fault === undefined ? [] : [`  not shown: ${printable(sample.name)} (${fault})`])),
    ].join('\n'),
    hint: `\nNext: ${PROGRAM} --data ${quoted(directory)}${folderWords(values)}${typeof augment === 'string' ? ` --augment ${augment}` : ''}`,
  };
};
