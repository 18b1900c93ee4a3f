import {formatCount} from '../../core/text/format-count.js';
import {describeDifference} from '../describe-difference.js';
import {formatInterval, formatPercent} from '../format.js';
import {publicPath, redactPaths} from '../paths.js';
import type {ComparedRun, Disagreement, PairedRun, RunComparison} from './run-comparison.js';

export const findBest = ({runs, best}: RunComparison): ComparedRun =>
  runs.find(({name}) => name === best)!;

/** The run with the highest accuracy, with its interval, and how many others have the same accuracy. */
export function describeBest(comparison: RunComparison): string {
  const {name, metrics} = findBest(comparison);
  const tied = comparison.runs.filter(run => run.metrics.accuracy === metrics.accuracy).length - 1;
  const others =
    tied === 0
      ? ''
      : ` ${formatCount(tied, 'other run')} ${tied === 1 ? 'ties' : 'tie'} with it; the loss decided.`;
  return `${name} has the highest validation accuracy: ${formatPercent(metrics.accuracy)} of ${formatCount(metrics.numImages, 'image')} (95 % interval: ${formatInterval(metrics.accuracyCi95)}).${others}`;
}

/** How a run compares with the best one, image by image. */
export function describePair(
  {name, test, problem}: PairedRun,
  {best}: Pick<RunComparison, 'best'>,
): string {
  if (test === undefined) return problem!;
  const difference = describeDifference({
    ...{first: best, second: name},
    ...{onlyFirst: test.onlyBest, onlySecond: test.onlyThis},
    ...{pValue: test.pValue, isClear: test.isClear},
  });
  return problem === undefined ? difference : `${difference} ${problem}`;
}

/** How the tests are to be read. */
export function describeTests({paired, best, runs}: RunComparison): string {
  const tests = paired.filter(({test}) => test !== undefined).length;
  if (tests === 0) return '';
  const level =
    paired.length > 1
      ? ` With ${paired.length} comparisons, a difference is clear where p is below ${(0.05 / paired.length).toPrecision(2)} (Bonferroni).`
      : '';
  return (
    `p is that of McNemar's exact test on the same images.${level} ` +
    `${best} is the best of ${runs.length} on these images, and every run kept the epoch that is best on them, so expect a little less on new ones.`
  );
}

/** A caution about durations; undefined if all runs used the same backend and device. */
export function describeOtherDevices({runs}: Pick<RunComparison, 'runs'>): string | undefined {
  const devices = new Set(runs.map(({backend, device}) => `${backend} on ${device}`));
  return devices.size === 1
    ? undefined
    : `The times cannot be compared: the runs used ${[...devices].join('; ')}.`;
}

/** Formats the value of a setting; `undefined` if the run does not have it. A learning rate of `null` means frozen. */
export function formatSetting(path: string, value: unknown): string {
  if (value === undefined) return '–';
  if (value === null) return path.includes('learningRates') ? 'frozen' : 'none';
  return typeof value === 'string' ? publicPath(value) : redactPaths(JSON.stringify(value));
}

/** Images on which the same runs are right and the same runs are wrong. */
export interface DisagreementGroup {
  readonly right: readonly string[];
  readonly wrong: readonly string[];
  readonly images: readonly Disagreement[];
}

/** Groups images by the runs that are right, the largest group first. */
export function groupDisagreements({disagreements}: RunComparison): DisagreementGroup[] {
  const groups = new Map<string, {right: string[]; wrong: string[]; images: Disagreement[]}>();
  for (const image of disagreements) {
    const runs = Object.entries(image.answers);
    const namesOf = (isRight: boolean): string[] =>
      runs.flatMap(([name, {prediction}]) =>
        (prediction === image.truth) === isRight ? [name] : [],
      );
    const [right, wrong] = [namesOf(true), namesOf(false)];
    const key = JSON.stringify([right, wrong]);
    const group = groups.get(key) ?? {right, wrong, images: []};
    group.images.push(image);
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.images.length - a.images.length);
}

/** Number of groups that are shown: with many runs, almost every image is a group of its own. */
export const MAX_DISAGREEMENT_GROUPS = 8;

/** @param images number of the images in the groups that are not shown */
export const describeOtherGroups = (images: number): string =>
  `${formatCount(images, 'more image')} with other combinations of right and wrong.`;

const join = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

/** `a and b are right, c is wrong` */
export const describeGroup = ({right, wrong}: DisagreementGroup): string =>
  `${join(right)} ${right.length > 1 ? 'are' : 'is'} right, ${join(wrong)} ${wrong.length > 1 ? 'are' : 'is'} wrong`;
