import {count} from '../core/count.js';
import type {ImageCounts} from '../finetune/evaluate.js';
import {listed} from './words.js';

type LeftOut = Pick<ImageCounts, 'found' | 'unreadable'> & Partial<ImageCounts>;

/** How many of the images that were found a result says nothing of, and why: `3 of 80 images: 3 that cannot be read.` */
export function leftOutSentence({found, unreadable, unknownClass = 0, otherParts = 0}: LeftOut): string {
  const reasons = [
    ...(unreadable > 0 ? [`${count(unreadable)} that cannot be read`] : []),
    ...(unknownClass > 0 ? [`${count(unknownClass)} of classes the bundle does not know`] : []),
    ...(otherParts > 0 ? [`${count(otherParts)} of other parts of the folder`] : []),
  ];
  return `${count(unreadable + unknownClass + otherParts)} of ${count(found)} images: ${listed(reasons)}.`;
}
