import {createRng, shuffle} from '../../core/rng.js';
import type {Preprocessing} from '../../core/preprocessing.js';
import {augment, type Augmentation} from './augment.js';
import {centerCrop} from '../images/crop.js';
import {decodeFile} from '../images/decode.js';
import {groupBy} from '../../core/group-by.js';
import {isMixing, mixBatch} from './mixup.js';
import type {ImageFolder, Sample} from '../sample.js';
import {describeDecodeError} from '../images/image-error.js';

export interface PreviewOptions {
  /** Maximum number of images, taken from the classes in rotation. */
  readonly images: number;
  /** Number of augmented versions of each image. */
  readonly columns: number;
  readonly augmentation: Augmentation;
  readonly preprocessing: Preprocessing;
  readonly seed: number;
}

/** Versions of one image, unaugmented and augmented, `[size, size, 3]` each. */
export interface PreviewRow {
  readonly sample: Sample;
  /** The unaugmented image comes first. Empty if the image is unreadable. */
  readonly versions: readonly Uint8Array[];
  readonly error?: string;
}

/** Images in random order, taken from the classes in rotation. */
export function interleaveClasses(samples: readonly Sample[], seed: number): Sample[] {
  const byClass = [...groupBy(samples, ({label}) => label)].map(([label, of]) =>
    shuffle(of, createRng(seed, 'preview', label)),
  );
  const longest = Math.max(0, ...byClass.map(({length}) => length));
  return Array.from({length: longest}, (_, i) => byClass.flatMap(of => of.slice(i, i + 1))).flat();
}

/** Augments some images of a folder as one epoch of training would, and returns them next to the unaugmented images. */
export async function previewAugmentation(
  folder: ImageFolder,
  options: PreviewOptions,
): Promise<PreviewRow[]> {
  const {images, columns, augmentation, preprocessing, seed} = options;
  const rows: PreviewRow[] = [];
  for (const sample of interleaveClasses(folder.samples, seed).slice(0, images)) {
    try {
      const image = await decodeFile(sample.path, preprocessing);
      const augmentAt = (epoch: number): Uint8Array =>
        augment(
          image,
          preprocessing.cropSize,
          augmentation,
          createRng(seed, 'augment', epoch, sample.name),
        );
      const unaugmented = centerCrop(image, preprocessing.cropSize);
      rows.push({
        sample,
        versions: [unaugmented, ...Array.from({length: columns}, (_, i) => augmentAt(i + 1))],
      });
    } catch (error) {
      rows.push({sample, versions: [], error: describeDecodeError(error)});
    }
  }
  mixColumns(rows, options);
  return rows;
}

/** Mixes the images of each column like a batch. */
function mixColumns(
  rows: readonly PreviewRow[],
  {augmentation: {mixing}, preprocessing: {cropSize}, columns, seed}: PreviewOptions,
): void {
  if (mixing === undefined || !isMixing(mixing)) return;
  const mixedRows = rows.filter(({versions}) => versions.length > 0);
  if (mixedRows.length < 2) return;
  for (let column = 1; column <= columns; column++) {
    const batch = Buffer.concat(mixedRows.map(({versions}) => versions[column]!));
    mixBatch(batch, cropSize, mixing, createRng(seed, 'mix', column, mixedRows[0]!.sample.name));
    const area = cropSize ** 2 * 3;
    mixedRows.forEach(({versions}, i) =>
      versions[column]!.set(batch.subarray(i * area, (i + 1) * area)),
    );
  }
}
