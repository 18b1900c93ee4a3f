import {THUMBNAIL_SIZE} from '../../datasets/images/thumbnail.js';
import type {Misclassification} from '../../report/run-record.js';
import type {Metrics} from '../../training/metrics/metrics.js';
import {confusionImage} from './confusion-image.js';
import type {TrackedImage} from './tracker.js';

/** Maximum number of misclassified images. */
const MAX_MISTAKES = 16;

/** Images of a finished training: the confusion matrix, and the most confident mistakes. */
export async function trackedImages(
  metrics: Metrics,
  misclassifications: readonly Misclassification[],
): Promise<TrackedImage[]> {
  const mistakes = misclassifications.slice(0, MAX_MISTAKES).flatMap((mistake, i) => {
    const {truth, prediction, thumbnail} = mistake;
    if (thumbnail === undefined) return [];
    const bytes = Buffer.from(thumbnail.slice(thumbnail.indexOf(',') + 1), 'base64');
    const tag = `mistakes/${String(i + 1).padStart(2, '0')} ${truth}, predicted ${prediction}`;
    return [{tag, image: {bytes, width: THUMBNAIL_SIZE, height: THUMBNAIL_SIZE}}];
  });
  return [{tag: 'best/confusion-matrix', image: await confusionImage(metrics)}, ...mistakes];
}
