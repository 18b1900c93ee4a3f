import {describeDifference} from '../describe-difference.js';

/** Numbers of images on which an ensemble and its best member disagree. */
export interface Comparison {
  readonly best: string;
  readonly onlyEnsemble: number;
  readonly onlyBest: number;
  /** Two-sided p-value of McNemar's exact test. */
  readonly pValue: number;
}

/**
 * Describes in plain words whether an ensemble is better than its best member.
 * @param members number of members that the best was chosen from
 */
export function describeComparison(
  {best, onlyEnsemble, onlyBest, pValue}: Comparison,
  members: number,
): readonly [difference: string, caution: string] {
  const difference = describeDifference({
    ...{first: 'The ensemble', second: best},
    ...{onlyFirst: onlyEnsemble, onlySecond: onlyBest, pValue},
  });
  const caution = `${best} is the best of ${members} on these same images, so expect it to be a little worse on others.`;
  return [difference, caution];
}
