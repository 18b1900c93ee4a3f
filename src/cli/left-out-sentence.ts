import type {ImageCounts} from '../finetune/evaluate.js';
import {listed} from './words.js';

type LeftOut = Pick<ImageCounts, 'found' | 'unreadable'> & Partial<ImageCounts>;

/** How many of the images that were found a result says nothing of, and why: `3 of 80 images: 3 that cannot be read.` */
export function leftOutSentence({found, unreadable, unknownClass = 0, otherParts = 0}: LeftOut): string {
  const reasons = [
    ...(unreadable > 0 ? [`${unreadable} that cannot be read`] : []),
    ...(unknownClass > 0 ? [`${unknownClass} of classes the bundle does not know`] : []),
    ...(otherParts > 0 ? [`${otherParts} of other parts of the folder`] : []),
  ];
  return `${unreadable + unknownClass + otherParts} of ${found} images: ${listed(reasons)}.`;
}
