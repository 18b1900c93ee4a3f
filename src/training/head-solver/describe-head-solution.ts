import {formatFixedPercent} from '../../core/text/format-percent.js';
import {formatCount, formatInteger} from '../../core/text/format-count.js';
import type {HeadSolution} from './solve-head.js';
import {judgeTransferCase, type SolvedProbe, type TransferCase} from './transfer-case.js';

/** `5-fold cross-validation`, or the number of folds if not all were fitted. */
const formatFolds = (folds: number): string =>
  folds === 5
    ? '5-fold cross-validation'
    : `${formatCount(folds, 'fold')} of 5-fold cross-validation`;

/** Describes how a head was solved: `L2 0.3, logits scaled by 2.1, chosen by 5-fold cross-validation from 7 strengths; 26 iterations on 245 images in 3 views`. */
export function describeHeadSolution({
  l2,
  // Records of earlier versions have no scale.
  scale = 1,
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
  const scaled = scale === 1 ? '' : `, logits scaled by ${Number(scale.toPrecision(2))}`;
  return `L2 ${l2}${scaled}, chosen by ${formatFolds(folds)} from ${formatCount(candidates.length, 'strength')}; ${formatCount(iterations, 'iteration')} on ${rows}`;
}

/** What to do in each case (Yosinski et al., https://arxiv.org/abs/1411.1792; CS231n, "Transfer Learning"). */
const ADVICE: Readonly<Record<TransferCase['size'], Record<TransferCase['domain'], string>>> = {
  small: {
    similar: 'a probe or the last stage is enough',
    different:
      'try features of a lower stage (--last-stage 3), other weights (--weights compare=v1,dino), or more images',
  },
  large: {
    similar: 'training the whole network gains a little (--freeze probe-then-full)',
    different: 'train the whole network (--freeze probe-then-full)',
  },
};

/** `small set (245 images), similar domain: a probe reaches ..., the largest class alone ...; a probe or ... is enough`. */
export function describeTransferCase(probe: SolvedProbe): string {
  const {size, domain, probeAccuracy, baselineAccuracy} = judgeTransferCase(probe);
  return (
    `${size} set (${formatInteger(probe.images)} images), ${domain} domain: a probe reaches ${formatFixedPercent(probeAccuracy)} in cross-validation, ` +
    `the largest class alone ${formatFixedPercent(baselineAccuracy)}; ${ADVICE[size][domain]}`
  );
}
