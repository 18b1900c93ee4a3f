import {formatCount} from '../core/text/format-count.js';
import {isSignificant} from '../training/metrics/mcnemar.js';

/** Numbers of images on which two classifiers disagree. */
export interface Difference {
  /** Name of the first one, as the start of a sentence. */
  readonly first: string;
  readonly second: string;
  /** Number of images that only the first one gets right. */
  readonly onlyFirst: number;
  readonly onlySecond: number;
  /** Two-sided p-value of McNemar's exact test. */
  readonly pValue: number;
  /** Default: whether the p-value is significant for one test. */
  readonly isClear?: boolean;
}

export const formatPValue = (p: number): string =>
  p < 0.001 ? '< 0.001' : p.toFixed(p < 0.01 ? 3 : 2);

/** `p < 0.001`, `p = 0.02` */
const formatEquation = (p: number): string => (p < 0.001 ? `p ${formatPValue(p)}` : `p = ${formatPValue(p)}`); // prettier-ignore

export const formatVerdictOfTest = (isClear: boolean): string =>
  isClear ? 'a clear difference' : 'no clear difference';

/** Says in plain words whether one classifier is better than another on the same images. */
export function describeDifference({
  first,
  second,
  onlyFirst,
  onlySecond,
  pValue,
  isClear = isSignificant(pValue),
}: Difference): string {
  if (onlyFirst + onlySecond === 0) return `${first} and ${second} are right on the same images.`;
  return `${first} is right on ${formatCount(onlyFirst, 'image')} that ${second} misses, and wrong on ${onlySecond} that it gets: ${formatEquation(pValue)}, ${formatVerdictOfTest(isClear)}.`;
}
