import {formatInteger} from '../../core/text/format-count.js';
import type {ImageCounts} from '../../finetune/evaluate.js';
import {formatList} from './format.js';

type SkippedCounts = Pick<ImageCounts, 'found' | 'unreadable'> & Partial<ImageCounts>;

/** Summarizes how many of the found images are missing from a result, and why: `3 of 80 images: 3 that cannot be read.` */
export function formatSkipped({
  found,
  unreadable,
  unknownClass = 0,
  otherSplits = 0,
}: SkippedCounts): string {
  const reasons = [
    ...(unreadable > 0 ? [`${formatInteger(unreadable)} that cannot be read`] : []),
    ...(unknownClass > 0
      ? [`${formatInteger(unknownClass)} of classes the exported model does not know`]
      : []),
    ...(otherSplits > 0 ? [`${formatInteger(otherSplits)} of other splits of the folder`] : []),
  ];
  return `${formatInteger(unreadable + unknownClass + otherSplits)} of ${formatInteger(found)} images: ${formatList(reasons)}.`;
}
