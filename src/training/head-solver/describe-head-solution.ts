import {formatCount, formatInteger} from '../../core/text/format-count.js';
import type {HeadSolution} from './solve-head.js';

/** `5-fold cross-validation`, or the number of folds if not all were fitted. */
const formatFolds = (folds: number): string =>
  folds === 5
    ? '5-fold cross-validation'
    : `${formatCount(folds, 'fold')} of 5-fold cross-validation`;

/** Describes how a head was solved: `L2 0.3, chosen by 5-fold cross-validation from 7 strengths; 26 iterations on 245 images in 3 views`. */
export function describeHeadSolution({
  l2,
  candidates,
  folds,
  iterations,
  images,
  views,
}: Omit<HeadSolution, 'weight' | 'bias'>): string {
  const rows =
    views === 1
      ? formatCount(images, 'image')
      : `${formatInteger(images)} images in ${views} views`;
  return `L2 ${l2}, chosen by ${formatFolds(folds)} from ${formatCount(candidates.length, 'strength')}; ${formatCount(iterations, 'iteration')} on ${rows}`;
}
