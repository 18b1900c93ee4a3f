import {formatCount, formatInteger} from '../../core/text/format-count.js';
import type {PairedCounts, PairedRun} from '../../report/comparison/run-comparison.js';
import {publicPath} from '../../report/paths.js';
import type {RunToCompare} from './compared-runs.js';
import {differingSettings} from './differing-settings.js';
import {byImage, countPaired} from './paired-images.js';

/** Options that decide which images are validated on. */
const SPLIT_OPTIONS: ReadonlySet<string> = new Set([
  ...['data', 'valData', 'valSplit', 'testSplit', 'groupBy', 'fold', 'splitFile'],
  ...['classes', 'exclude', 'maxPerClass', 'seed'],
]);

const formatValue = (value: unknown): string => typeof value === 'string' ? publicPath(value) : value === undefined ? 'none' : JSON.stringify(value); // prettier-ignore

/** `seed 42 and 7`; why two runs may have other validation images. */
function describeSplits(run: RunToCompare, best: RunToCompare): string {
  const causes = differingSettings([run, best]).flatMap(({path, values}) =>
    SPLIT_OPTIONS.has(path)
      ? [`${path} ${formatValue(values[run.name])} and ${formatValue(values[best.name])}`]
      : [],
  );
  return causes.length === 0
    ? 'their files or labels have changed in between'
    : `they were trained with ${causes.join('; ')}`;
}

const remedyFor = ({record}: RunToCompare): string =>
  `For runs that can be compared, train on the same images with the same seed, group-by and validation options, or with --split-file ${publicPath(record.run)}/split.json.`;

/** Why a run was not compared image by image. */
const describeMissing = ({name}: RunToCompare): string =>
  `${name} has no predictions.json, because an earlier version trained it. Its accuracy cannot be compared image by image. Train it again.`;

/** What limits a test on a part of the images; undefined if both runs have the same ones. */
function describeOverlap(
  run: RunToCompare,
  best: RunToCompare,
  {images, bothRight, onlyThis, onlyBest}: PairedCounts,
): string | undefined {
  const [ofRun, ofBest] = [run.predictions!.length, best.predictions!.length];
  const cause = describeSplits(run, best);
  if (images === 0)
    return (
      `${run.name} and ${best.name} have no validation image in common, so their accuracies cannot be compared in pairs: ` +
      `${cause}. ${remedyFor(best)}`
    );
  if (images === ofRun && images === ofBest) return undefined;
  const percent = (right: number): string => `${((100 * right) / images).toFixed(1)} %`;
  return (
    `${run.name} and ${best.name} have other validation images: ${cause}. ` +
    `The test is on the ${formatCount(images, 'image')} that both have, of ${formatInteger(ofRun)} and ${formatInteger(ofBest)}. ` +
    `On these, their accuracies are ${percent(bothRight + onlyThis)} and ${percent(bothRight + onlyBest)}.`
  );
}

/** Compares a run with the best one on the images of both. @param tests number of tests of the comparison */
export function pairRun(run: RunToCompare, best: RunToCompare, tests: number): PairedRun {
  const {name} = run;
  const old = [run, best].find(({predictions}) => predictions === undefined);
  if (old !== undefined) return {name, problem: describeMissing(old)};
  const test = countPaired(byImage(run.predictions!), byImage(best.predictions!), tests);
  const problem = describeOverlap(run, best, test);
  return {name, ...(test.images > 0 && {test}), ...(problem !== undefined && {problem})};
}
