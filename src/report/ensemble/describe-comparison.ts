import {formatCount} from '../../core/text/format-count.js';

/** Numbers of images on which an ensemble and its best member disagree. */
export interface Comparison {
  readonly best: string;
  readonly onlyEnsemble: number;
  readonly onlyBest: number;
  /** Two-sided p-value of McNemar's exact test. */
  readonly pValue: number;
}

/** Largest p-value that counts as a clear difference. */
const SIGNIFICANT = 0.05;

const formatPValue = (p: number): string =>
  p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(p < 0.01 ? 3 : 2)}`;

/**
 * Describes in plain words whether an ensemble is better than its best member.
 * @param members number of members that the best was chosen from
 */
export function describeComparison(
  {best, onlyEnsemble, onlyBest, pValue}: Comparison,
  members: number,
): readonly [difference: string, caution: string] {
  const verdict = pValue < SIGNIFICANT ? 'a clear difference' : 'no clear difference';
  const difference =
    onlyEnsemble + onlyBest === 0
      ? `The ensemble and ${best} are right on the same images.`
      : `The ensemble is right on ${formatCount(onlyEnsemble, 'image')} that ${best} misses, and wrong on ${onlyBest} that it gets: ${formatPValue(pValue)}, ${verdict}.`;
  const caution = `${best} is the best of ${members} on these same images, so expect it to be a little worse on others.`;
  return [difference, caution];
}
