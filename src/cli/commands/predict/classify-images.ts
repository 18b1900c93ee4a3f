import {throwIfAborted} from '../../../core/errors.js';
import type {ExportedModel} from '../../../export/exported-model.js';
import type {ClassifyOptions} from '../../../export/recognition.js';
import {UnreadableImageError} from '../../../export/read-pixels.js';
import type {CommandContext} from '../../command.js';
import type {ClassifiedImage} from '../../terminal/format-predictions.js';
import {ProgressLine} from '../../terminal/screen/progress-line.js';
import type {PredictInput} from './find-inputs.js';

/** Images per batch. The abort signal is checked between batches. */
const BATCH_SIZE = 32;

/** A classified image, and its file. */
export type ClassifiedInput = ClassifiedImage & Pick<PredictInput, 'source'>;

/** Results of classifying several images. An unreadable image does not keep the others from being classified. */
export interface ClassifyResults {
  readonly classified: readonly ClassifiedInput[];
  readonly unreadable: readonly UnreadableImageError[];
}

async function classifyBatch(
  model: ExportedModel,
  images: readonly PredictInput[],
  options: ClassifyOptions,
): Promise<ClassifyResults> {
  if (images.length === 0) return {classified: [], unreadable: []};
  try {
    const sources = images.map(({source}) => source);
    const recognitions = await model.recognize(sources, options);
    return {
      classified: images.map((input, i) => ({...input, ...recognitions[i]!})),
      unreadable: [],
    };
  } catch (error) {
    if (!(error instanceof UnreadableImageError)) throw error;
    const {image} = images[error.index]!;
    const {classified, unreadable} = await classifyBatch(
      model,
      images.toSpliced(error.index, 1),
      options,
    );
    return {
      classified,
      unreadable: [
        new UnreadableImageError({image, reason: error.reason, index: error.index, cause: error}),
        ...unreadable,
      ],
    };
  }
}

/** Classifies in batches, with a progress line. @throws AbortedError between batches */
export async function classifyAll(
  model: ExportedModel,
  images: readonly PredictInput[],
  options: ClassifyOptions,
  {terminal, signal}: CommandContext,
): Promise<ClassifyResults> {
  const progress = new ProgressLine(terminal);
  const classified: ClassifiedInput[] = [];
  const unreadable: UnreadableImageError[] = [];
  for (let start = 0; start < images.length; start += BATCH_SIZE) {
    throwIfAborted(signal);
    const batch = await classifyBatch(model, images.slice(start, start + BATCH_SIZE), options);
    classified.push(...batch.classified);
    unreadable.push(...batch.unreadable);
    progress.update({
      title: 'predicting',
      done: Math.min(start + BATCH_SIZE, images.length),
      total: images.length,
      unit: 'images',
    });
  }
  progress.end();
  return {classified, unreadable};
}
