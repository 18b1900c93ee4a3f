import {defineError, UsageError} from '../core/errors.js';
import {resizeKey} from '../core/preprocessing.js';
import {readSquare, type ImageInput} from '../datasets/images/read-square.js';
import {TTA_VIEWS, type TestTimeAugmentation} from '../datasets/images/test-time-views.js';
import type {MemberScores, ModelMember} from './model-member.js';

/** A model resizes images to its input exactly, so that there are no corners to crop. */
export class NoCornersError extends defineError(
  UsageError,
  'TTA_NEEDS_CROP',
  ({directory, fit}: {directory: string; fit: string}) =>
    `The model in ${directory} was trained with --fit ${fit}, which leaves no corners to crop. Use --tta flip.`,
) {}

/** @throws NoCornersError for ten crops of images that are not cropped */
export function checkTestTimeAugmentation(
  members: readonly ModelMember[],
  tta: TestTimeAugmentation,
): void {
  if (tta !== 'ten-crop') return;
  const other = members.find(({preprocessing: {fit = 'crop'}}) => fit !== 'crop');
  if (other !== undefined)
    throw new NoCornersError({directory: other.directory, fit: other.preprocessing.fit!});
}

/** Pixels of one image, `[views, cropSize, cropSize, 3]`, by the key of each way that the members resize it. */
export type ImageViews = ReadonlyMap<string, Uint8Array>;

/** Decodes, resizes and crops an image for every member; once for members that take the same pixels. @throws ImageError */
export async function readImageViews(
  image: ImageInput,
  members: readonly ModelMember[],
  tta: TestTimeAugmentation,
): Promise<ImageViews> {
  const ways = new Map(
    members.map(({preprocessing}) => [resizeKey(preprocessing), preprocessing] as const),
  );
  return new Map(
    await Promise.all(
      Array.from(
        ways,
        async ([key, preprocessing]) => [key, await readSquare(image, preprocessing, tta)] as const,
      ),
    ),
  );
}

/** Number of images that are decoded and classified at once, so that all their views are one batch of every member. */
export const imagesPerBatch = (
  members: readonly ModelMember[],
  tta: TestTimeAugmentation,
): number => {
  const batchSize = Math.min(...members.map(member => member.batchSize));
  return Math.max(1, Math.floor(batchSize / TTA_VIEWS[tta]));
};

/** Means over groups of rows that follow each other. @param rows `[n * views, classes]` @returns `[n, classes]` */
function averageViews(
  rows: Float32Array | Float64Array,
  views: number,
  classes: number,
): Float32Array | Float64Array {
  if (views === 1) return rows;
  const means = new Float64Array(rows.length / views);
  rows.forEach((value, i) => {
    const index = Math.floor(i / (views * classes)) * classes + (i % classes);
    means[index] = means[index]! + value / views;
  });
  return means;
}

/** @param pixels `[n, cropSize, cropSize, 3]` */
function scoreInBatches(member: ModelMember, pixels: Uint8Array): MemberScores {
  const bytesPerImage = member.preprocessing.cropSize ** 2 * 3;
  const {batchSize, numClasses} = member;
  const count = pixels.length / bytesPerImage;
  const probabilities = new Float32Array(count * numClasses);
  let known: Float64Array | undefined;
  for (let start = 0; start < count; start += batchSize) {
    const batch = pixels.subarray(start * bytesPerImage, (start + batchSize) * bytesPerImage);
    const scores = member.score(batch);
    probabilities.set(scores.probabilities, start * numClasses);
    if (scores.known !== undefined) (known ??= new Float64Array(count)).set(scores.known, start);
  }
  return {probabilities, known};
}

/**
 * Computes the scores of each member, averaged over the views of an image.
 * @param images at least one
 * @throws NotFiniteError
 */
export function scoreImages(
  members: readonly ModelMember[],
  images: readonly ImageViews[],
  tta: TestTimeAugmentation,
): MemberScores[] {
  const pixels = new Map(
    Array.from(images[0]!.keys(), key => [key, Buffer.concat(images.map(all => all.get(key)!))]),
  );
  const views = TTA_VIEWS[tta];
  return members.map(member => {
    const scores = scoreInBatches(member, pixels.get(resizeKey(member.preprocessing))!);
    return {
      probabilities: Float32Array.from(
        averageViews(scores.probabilities, views, member.numClasses),
      ),
      known: scores.known && Float64Array.from(averageViews(scores.known, views, 1)),
    };
  });
}
