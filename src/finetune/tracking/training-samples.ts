import {isOnGpu} from '../../backend/graph/binding.js';
import {computeFrozenDepth} from '../../backbones/layer-groups.js';
import {formatFixedPercent} from '../../core/text/format-percent.js';
import {interleaveClasses} from '../../datasets/augmentation/preview.js';
import {encodeJpeg} from '../../datasets/images/thumbnail.js';
import {mixupBatch} from '../../training/loop/batch-source.js';
import {readImageBatches} from '../../training/loop/image-dataset.js';
import type {Prepared} from '../preparation/prepared.js';
import type {Recipe} from '../recipe/recipe.js';
import type {TrackedImage} from './tracker.js';

const MAX_SAMPLES = 8;
/** Augmentation of the first epoch, and of the first augmented view whose features are cached. */
const FIRST_VIEW = 1;

/** Whether a phase reads images at every epoch, instead of cached features. */
const trainsOnPixels = ({phases, lastStage}: Recipe): boolean =>
  phases.some(({learningRates}) => {
    const depth = computeFrozenDepth(learningRates, lastStage);
    return depth === 0 || (isOnGpu() && depth <= lastStage);
  });

/**
 * Some training images as the network sees them: augmented and mixed as in the first epoch, classes in rotation. Not augmented, if the run
 * trains only on cached features of unaugmented images.
 */
export async function trainingSamples(
  {split, sourceOf, classifier: {classNames}}: Pick<Prepared, 'split' | 'sourceOf' | 'classifier'>,
  recipe: Recipe,
): Promise<TrackedImage[]> {
  const source = sourceOf(interleaveClasses(split.train, recipe.seed).slice(0, MAX_SAMPLES));
  const {samples, size} = source;
  const area = size * size * 3;
  const onPixels = trainsOnPixels(recipe);
  const view = recipe.views > 0 || onPixels ? FIRST_VIEW : null;
  const images: Promise<TrackedImage>[] = [];
  for await (const batch of readImageBatches(source, [...samples.keys()], samples.length, view)) {
    const mixed = onPixels ? mixupBatch(source, batch, FIRST_VIEW, samples[0]!) : undefined;
    batch.labels.forEach((label, i) => {
      const [own, paired] = [classNames[label]!, classNames[mixed?.labels[i] ?? label]!];
      const name = mixed === undefined ? own : describeMixed(own, paired, mixed.lambda);
      // A copy: the memory of a batch is reused. The slice of a Buffer would be none.
      const data = new Uint8Array(batch.images.subarray(i * area, (i + 1) * area));
      images.push(
        trackedImage(`train-images/${String(i + 1).padStart(2, '0')} ${name}`, data, size),
      );
    });
  }
  return Promise.all(images);
}

const describeMixed = (own: string, paired: string, lambda: number): string =>
  `${own} ${formatFixedPercent(lambda, 0)}, ${paired} ${formatFixedPercent(1 - lambda, 0)}`;

const trackedImage = async (
  tag: string,
  data: Uint8Array,
  size: number,
): Promise<TrackedImage> => ({
  tag,
  image: {bytes: await encodeJpeg({data, width: size, height: size}), width: size, height: size},
});
