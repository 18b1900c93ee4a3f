import {mapConcurrently} from '../../core/async.js';
import {SMALL_THUMBNAIL_SIZE} from '../../datasets/images/thumbnail.js';
import type {Sample} from '../../datasets/sample.js';
import type {ClassExamples} from '../../report/run-record.js';
import type {Prepared} from '../preparation/prepared.js';
import {thumbnailIfReadable} from '../shown-thumbnail.js';

/** Maximum number of examples of a class, and of all classes together: about 1.7 kB each in the report. */
const MAX_PER_CLASS = 3;
const MAX_IMAGES = 600;

/** Samples from all parts of a list. */
export function spreadSamples<T>(samples: readonly T[], wanted: number): T[] {
  const count = Math.min(wanted, samples.length);
  return Array.from({length: count}, (_, i) => samples[Math.floor((i * samples.length) / count)]!);
}

/** Shows what the training images of each class look like, in the order of the labels. With very many classes there are no examples. */
export async function collectClassExamples({
  cache,
  classifier: {classNames},
  split: {train},
}: Pick<Prepared, 'cache' | 'classifier' | 'split'>): Promise<ClassExamples[]> {
  const perClass = Math.min(MAX_PER_CLASS, Math.floor(MAX_IMAGES / classNames.length));
  const samplesOf = classNames.map((): Sample[] => []);
  for (const sample of train) samplesOf[sample.label]!.push(sample);
  return mapConcurrently(samplesOf, 4, async samples => ({
    train: samples.length,
    images: await Promise.all(
      spreadSamples(samples, perClass).map(async sample => ({
        name: sample.name,
        ...(await thumbnailIfReadable(cache, sample, SMALL_THUMBNAIL_SIZE)),
      })),
    ),
  }));
}
