import {SMALL_THUMBNAIL_SIZE} from '../../datasets/images/thumbnail.js';
import type {CorrectImage} from '../../report/run-record.js';
import type {Prepared} from '../preparation/prepared.js';
import {explainedImages} from './activation-overlays.js';
import {predictedClasses} from './misclassifications.js';

/** Maximum number of classes that show an image. */
const MAX_IMAGES = 200;

/** The validation image of each class that is classified correctly with the highest probability. @param probabilities `[count * classes]` */
export async function findCorrectImages(
  prepared: Prepared,
  probabilities: Float32Array,
): Promise<CorrectImage[]> {
  const {classifier, split} = prepared;
  const classes = classifier.classNames.length;
  const predicted = predictedClasses(probabilities, classes);
  const correct = split.validation.flatMap((sample, i) =>
    predicted[i] === sample.label
      ? [{sample, classIndex: sample.label, confidence: probabilities[i * classes + sample.label]!}]
      : [],
  );
  const byConfidence = correct.sort((a, b) => b.confidence - a.confidence);
  const best = classifier.classNames
    .flatMap((_, label) => byConfidence.find(({classIndex}) => classIndex === label) ?? [])
    .slice(0, MAX_IMAGES);
  const images = await explainedImages(prepared, best, SMALL_THUMBNAIL_SIZE);
  return best.map(({classIndex, confidence}, i) => ({
    ...images[i]!,
    className: classifier.classNames[classIndex]!,
    confidence,
  }));
}
