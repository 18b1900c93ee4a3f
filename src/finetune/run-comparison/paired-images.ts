import {groupBy} from '../../core/group-by.js';
import type {Disagreement, PairedCounts} from '../../report/comparison/run-comparison.js';
import {isSignificant, mcnemarTest} from '../../training/metrics/mcnemar.js';
import type {ImagePrediction} from '../explanation/image-predictions.js';
import type {RunToCompare} from './compared-runs.js';

/** Predictions of a run by image. The same image has the same key in every run. */
export type PredictionsByImage = ReadonlyMap<string, ImagePrediction>;

const isRight = ({truth, prediction}: ImagePrediction): boolean => truth === prediction;

/**
 * Finds images again in other runs by their bytes and their class, since datasets may be moved and files renamed. Exact duplicates count
 * as often as both runs have them.
 */
export const byImage = (predictions: readonly ImagePrediction[]): PredictionsByImage =>
  new Map(
    [...groupBy(predictions, ({sha256, truth}) => `${sha256} ${truth}`)].flatMap(([key, same]) =>
      same.map((prediction, i) => [`${key} ${i}`, prediction] as const),
    ),
  );

/** Compares two runs on the images of both. @param tests number of tests of the comparison */
export function countPaired(
  of: PredictionsByImage,
  best: PredictionsByImage,
  tests: number,
): PairedCounts {
  const pairs = [...of].flatMap(([key, prediction]) => {
    const other = best.get(key);
    return other === undefined ? [] : [[isRight(prediction), isRight(other)] as const];
  });
  const count = (ofThis: boolean, ofBest: boolean): number =>
    pairs.filter(([right, bestRight]) => right === ofThis && bestRight === ofBest).length;
  const [onlyThis, onlyBest] = [count(true, false), count(false, true)];
  const pValue = mcnemarTest(onlyThis, onlyBest);
  return {
    images: pairs.length,
    bothRight: count(true, true),
    ...{onlyThis, onlyBest},
    bothWrong: count(false, false),
    pValue,
    isClear: isSignificant(pValue, tests),
  };
}

/** Images that some runs classify correctly and others do not, the most certain wrong answers first. */
export function findDisagreements(
  runs: readonly Pick<RunToCompare, 'name' | 'predictions'>[],
): Disagreement[] {
  const maps = runs.map(({predictions = []}) => byImage(predictions));
  const keys = new Set(maps.flatMap(map => [...map.keys()]));
  const found = [...keys].flatMap(key => {
    const answers = maps.flatMap((map, i) => {
      const prediction = map.get(key);
      return prediction === undefined ? [] : [{run: runs[i]!.name, ...prediction}];
    });
    const wrong = answers.filter(answer => !isRight(answer));
    if (wrong.length === 0 || wrong.length === answers.length) return [];
    return [{answers, certainty: Math.max(...wrong.map(({confidence}) => confidence))}];
  });
  return found
    .sort((a, b) => b.certainty - a.certainty)
    .map(({answers}) => {
      const {name, sha256, truth} = answers[0]!;
      return {
        ...{name, sha256, truth},
        answers: Object.fromEntries(
          answers.map(({run, prediction, confidence}) => [run, {prediction, confidence}]),
        ),
      };
    });
}
