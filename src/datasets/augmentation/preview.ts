import {createRng, shuffle} from '../../core/rng.js';
import type {Preprocessing} from '../../core/preprocessing.js';
import {augment, AUGMENTATIONS, type Augmentation} from './augment.js';
import {decodeFile} from '../images/decode.js';
import {groupBy} from '../../core/group-by.js';
import {isMixing, mixPictures} from './mixup.js';
import type {ImageFolder, Sample} from '../sample.js';
import {describeDecodeError} from '../discovery/broken-images.js';

export interface PreviewOptions {
  /** Images at most, those of different classes in turn. */
  readonly pictures: number;
  /** Variations of each. */
  readonly variations: number;
  readonly augmentation: Augmentation;
  readonly preprocessing: Preprocessing;
  readonly seed: number;
}

/** An image as it is and as it may be shown in training, `[size, size, 3]` each. */
export interface Previewed {
  readonly sample: Sample;
  /** The plain image first; none where it cannot be read. */
  readonly shown: readonly Uint8Array[];
  readonly fault?: string;
}

/** Images in a drawn order, one of each class in turn. */
function inTurn({samples}: ImageFolder, seed: number): Sample[] {
  const byClass = [...groupBy(samples, ({label}) => label)].map(([label, of]) =>
    shuffle(of, createRng(seed, 'preview', label)),
  );
  const longest = Math.max(0, ...byClass.map(({length}) => length));
  return Array.from({length: longest}, (_, i) => byClass.flatMap(of => of.slice(i, i + 1))).flat();
}

/** Some images of a folder, plain and varied as an epoch of training would vary them. */
export async function previewOf(
  folder: ImageFolder,
  options: PreviewOptions,
): Promise<Previewed[]> {
  const {pictures, variations, augmentation, preprocessing, seed} = options;
  const found: Previewed[] = [];
  for (const sample of inTurn(folder, seed).slice(0, pictures)) {
    try {
      const image = await decodeFile(sample.path, preprocessing);
      const vary = (epoch: number): Uint8Array =>
        augment(
          image,
          preprocessing.cropSize,
          augmentation,
          createRng(seed, 'augment', epoch, sample.name),
        );
      const plain = augment(image, preprocessing.cropSize, AUGMENTATIONS.none, createRng(seed));
      found.push({
        sample,
        shown: [plain, ...Array.from({length: variations}, (_, i) => vary(i + 1))],
      });
    } catch (error) {
      found.push({sample, shown: [], fault: describeDecodeError(error)});
    }
  }
  mixColumns(found, options);
  return found;
}

/** Mixes the images of each column, as if they were a batch. */
function mixColumns(
  found: readonly Previewed[],
  {augmentation: {mixing}, preprocessing: {cropSize}, variations, seed}: PreviewOptions,
): void {
  if (mixing === undefined || !isMixing(mixing)) return;
  const rows = found.filter(({shown}) => shown.length > 0);
  if (rows.length < 2) return;
  for (let column = 1; column <= variations; column++) {
    const batch = Buffer.concat(rows.map(({shown}) => shown[column]!));
    mixPictures(batch, cropSize, mixing, createRng(seed, 'mix', column, rows[0]!.sample.name));
    const area = cropSize ** 2 * 3;
    rows.forEach(({shown}, i) => shown[column]!.set(batch.subarray(i * area, (i + 1) * area)));
  }
}
