import {yieldToEventLoop} from '../../core/async.js';
import {createHeatMap} from '../../datasets/activation-maps/heat-map.js';
import type {DecodedImage} from '../../datasets/images/resample.js';
import type {Sample} from '../../datasets/sample.js';
import {toInference} from '../../heads/inference-model.js';
import type {ActivationOverlay} from '../../report/charts/figure.js';
import type {Misclassification} from '../../report/run-record.js';
import {batchToDevice, readImageBatches} from '../../training/loop/image-dataset.js';
import type {Prepared} from '../preparation/prepared.js';
import {thumbnailIfReadable} from '../shown-thumbnail.js';

const BATCH = 8;

/** An image, and the class whose evidence is shown on it. */
export interface ExplainedAnswer {
  readonly sample: Sample;
  readonly classIndex: number;
}

/** An image in the report. */
type ExplainedImage = Pick<Misclassification, 'name' | 'activation' | 'thumbnail'>;

/** Fraction of a square thumbnail that the network does not see, at each side. A thumbnail is the largest square in the middle. */
const unseenMargin = (
  {width, height}: Pick<DecodedImage, 'width' | 'height'>,
  crop: number,
): number => {
  const side = Math.min(width, height);
  return (side - crop) / 2 / side;
};

/** The answers whose images can still be read: a missing image must not end a run. */
async function readableAnswers(
  {cache, classifier}: Prepared,
  answers: readonly ExplainedAnswer[],
): Promise<(ExplainedAnswer & {readonly margin: number})[]> {
  const readable: (ExplainedAnswer & {readonly margin: number})[] = [];
  for (const answer of answers) {
    const image = await Promise.resolve(answer.sample)
      .then(sample => cache.image(sample))
      .catch(() => undefined);
    if (image !== undefined)
      readable.push({...answer, margin: unseenMargin(image, classifier.preprocessing.cropSize)});
  }
  return readable;
}

/** Computes where the evidence for an answer lies in its image, by the name of the sample. */
export async function activationOverlays(
  prepared: Prepared,
  answers: readonly ExplainedAnswer[],
): Promise<ReadonlyMap<string, ActivationOverlay>> {
  const {classifier, sourceOf} = prepared;
  const overlays = new Map<string, ActivationOverlay>();
  if (answers.length === 0) return overlays;
  const readable = await readableAnswers(prepared, answers);
  const source = sourceOf(readable.map(({sample}) => sample));
  const network = toInference(classifier);
  try {
    const order = readable.map((_, index) => index);
    for await (const batch of readImageBatches(source, order, BATCH, null)) {
      const shown = Array.from(batch.indices, index => readable[index]!);
      const pixels = batchToDevice(batch, classifier.preprocessing.cropSize);
      const computed = network.activationMaps(pixels, shown.map(({classIndex}) => classIndex)); // prettier-ignore
      pixels.dispose();
      for (const [i, {sample, margin}] of shown.entries()) {
        overlays.set(sample.name, {image: await createHeatMap(computed[i]!), margin});
      }
      await yieldToEventLoop();
    }
  } finally {
    network.dispose();
  }
  return overlays;
}

/** The image of each answer for the report, with its activation map. @param thumbnailSize in pixels */
export async function explainedImages(
  prepared: Prepared,
  answers: readonly ExplainedAnswer[],
  thumbnailSize?: number,
): Promise<ExplainedImage[]> {
  const overlays = await activationOverlays(prepared, answers);
  return Promise.all(
    answers.map(async ({sample}) => {
      const activation = overlays.get(sample.name);
      return {
        name: sample.name,
        ...(activation !== undefined && {activation}),
        ...(await thumbnailIfReadable(prepared.cache, sample, thumbnailSize)),
      };
    }),
  );
}
