import {formatCount} from '../../core/text/format-count.js';
import type {Metrics} from '../../training/metrics/metrics.js';
import {isSignificant, mcnemarTest} from '../../training/metrics/mcnemar.js';

/** What a probe on a set of weights measured. */
export interface ProbedWeights {
  /** Name of the pretrained-weights entry, else the file as it was given, or `none`. */
  readonly weights: string;
  /** SPDX identifier; absent for files whose license is unknown. */
  readonly licenseId?: string;
  readonly nonCommercial: boolean;
  /** On the validation images. */
  readonly metrics: Metrics;
  /** Duration of the probe, with loading the weights, decoding and features. */
  readonly seconds: number;
  /** Names of the validation images that are classified correctly. */
  readonly correct: ReadonlySet<string>;
}

/**
 * Weights of a comparison, and how they compare with the default.
 *
 * @example
 * const {compared} = await compareWeights(folder, recipe, ['v1', 'v2']);
 * const accuracies = compared.map(({metrics}: ComparedWeights) => metrics.accuracy);
 */
export interface ComparedWeights extends Omit<ProbedWeights, 'correct'> {
  /** Absent for the default itself. */
  readonly againstDefault?: {
    /** Number of validation images that only these weights classify correctly. */
    readonly onlyThese: number;
    /** Number of validation images that only the default classifies correctly. */
    readonly onlyDefault: number;
    /** Two-sided p-value of McNemar's exact test, not corrected for the number of comparisons. */
    readonly pValue: number;
  };
}

/**
 * Result of a comparison of pretrained weights.
 *
 * @example
 * const {recommended, reason, compared} = await compareWeights(folder, recipe, ['v1', 'v2']);
 * console.log(recommended, reason, compared.map(({metrics}) => metrics.accuracy));
 */
export interface WeightsComparison {
  /** In the order of the request. */
  readonly compared: readonly ComparedWeights[];
  /** What is recommended unless others are clearly better. */
  readonly default: string;
  readonly recommended: string;
  /** One sentence. */
  readonly reason: string;
}

const countMissing = (of: ReadonlySet<string>, from: ReadonlySet<string>): number =>
  [...of].filter(name => !from.has(name)).length;

function compareWithDefault(
  {correct, ...probed}: ProbedWeights,
  reference: ProbedWeights,
): ComparedWeights {
  if (probed.weights === reference.weights) return probed;
  const onlyThese = countMissing(correct, reference.correct);
  const onlyDefault = countMissing(reference.correct, correct);
  const pValue = mcnemarTest(onlyThese, onlyDefault);
  return {...probed, againstDefault: {onlyThese, onlyDefault, pValue}};
}

const mostAccurate = (compared: readonly ComparedWeights[]): ComparedWeights | undefined =>
  compared.reduce<ComparedWeights | undefined>(
    (best, each) =>
      best === undefined || each.metrics.accuracy > best.metrics.accuracy ? each : best,
    undefined,
  );

/** `12 images against 3, p = 0.035 (McNemar's exact test)` */
function describeTest({againstDefault}: ComparedWeights): string {
  const {onlyThese, onlyDefault, pValue} = againstDefault!;
  const p = pValue < 0.001 ? 'p < 0.001' : `p = ${pValue.toFixed(3)}`;
  return `${formatCount(onlyThese, 'image')} against ${onlyDefault}, ${p} (McNemar's exact test)`;
}

/**
 * Recommends the most accurate of the weights that are clearly better than the default, else the default.
 * @param probed measured on the same images; one of them is the default
 */
export function summarizeComparison(
  probed: readonly ProbedWeights[],
  defaultWeights: string,
): WeightsComparison {
  const reference = probed.find(({weights}) => weights === defaultWeights)!;
  const compared = probed.map(each => compareWithDefault(each, reference));
  const others = compared.filter(({againstDefault}) => againstDefault !== undefined);
  const isClearlyBetter = ({againstDefault, metrics}: ComparedWeights): boolean =>
    isSignificant(againstDefault!.pValue, others.length) &&
    metrics.accuracy > reference.metrics.accuracy;
  const better = mostAccurate(others.filter(isClearlyBetter));
  const result = {compared, default: defaultWeights};
  if (better !== undefined) {
    const terms = better.nonCommercial
      ? ` Its license, ${better.licenseId}, forbids commercial use.`
      : '';
    return {
      ...result,
      recommended: better.weights,
      reason: `It is clearly better than ${defaultWeights}: ${describeTest(better)}.${terms}`,
    };
  }
  const closest = mostAccurate(others)!;
  const isBest = closest.metrics.accuracy <= reference.metrics.accuracy;
  const reason = isBest
    ? 'It is the default, and none is more accurate.'
    : `It is the default, and none is clearly better on ${formatCount(reference.metrics.numImages, 'image')}: the most accurate is ${closest.weights}, by ${describeTest(closest)}.`;
  return {...result, recommended: defaultWeights, reason};
}
