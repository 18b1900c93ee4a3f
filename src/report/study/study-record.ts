import type {Arch} from '../../backbones/resnet-specs.js';
import {groupBy} from '../../core/group-by.js';
import type {EpochRow} from '../../training/loop/history.js';
import type {RunRecord} from '../run-record.js';
import {findPairs, type NetworkPair} from './network-traits.js';

/** A finished run of a study: one network and one seed. */
export interface StudyRun {
  readonly arch: Arch;
  readonly seed: number;
  /** Path of the run directory. */
  readonly run: string;
  readonly parameters: number;
  readonly history: readonly EpochRow[];
}

/** Data for the page of a study. */
export interface StudyRecord {
  readonly study: string;
  readonly question: string;
  /** Where the question comes from. */
  readonly source: string;
  /** Path of the dataset as the user named it. */
  readonly dataset: string;
  readonly images: {readonly train: number; readonly validation: number};
  readonly classes: number;
  readonly runs: readonly StudyRun[];
  /** Time of completion in ISO 8601. */
  readonly finishedAt: string;
  readonly settings: RunRecord['settings'];
  readonly environment: RunRecord['environment'];
  readonly command: string;
}

/** Mean of a value over the seeds, and its range. */
export interface SeedStatistics {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export const computeSeedStatistics = (values: readonly number[]): SeedStatistics => ({
  mean: values.reduce((sum, value) => sum + value, 0) / values.length,
  low: Math.min(...values),
  high: Math.max(...values),
});

/** Errors, fractions 0..1, by epoch. */
export interface ErrorCurves {
  readonly training: readonly SeedStatistics[];
  readonly validation: readonly SeedStatistics[];
}

/** A network over all its seeds. */
export interface NetworkResult {
  readonly arch: Arch;
  readonly parameters: number;
  readonly seeds: readonly number[];
  readonly curves: ErrorCurves;
  /** Errors of the last epoch. */
  readonly trainingError: SeedStatistics;
  readonly validationError: SeedStatistics;
  /** Mean seconds of training and validation of a run. */
  readonly seconds: number;
}

/** Error, a fraction 0..1. Only heads that are solved have no training accuracy, and a study solves none. */
export const errorOf = (accuracy: number | null): number => 1 - (accuracy ?? NaN);

const errorCurve = (
  runs: readonly StudyRun[],
  accuracy: 'trainingAccuracy' | 'validationAccuracy',
): SeedStatistics[] =>
  runs[0]!.history.map((_, epoch) =>
    computeSeedStatistics(runs.map(({history}) => errorOf(history[epoch]![accuracy]))),
  );

/** Seconds of all epochs of a run. */
const trainingSeconds = ({history}: StudyRun): number =>
  history.reduce((sum, {seconds}) => sum + seconds, 0);

/** Summarizes each network over its seeds, in the order of the runs. */
export const summarizeNetworks = (runs: readonly StudyRun[]): NetworkResult[] =>
  [...groupBy(runs, ({arch}) => arch)].map(([arch, ofNetwork]) => {
    const training = errorCurve(ofNetwork, 'trainingAccuracy');
    const validation = errorCurve(ofNetwork, 'validationAccuracy');
    return {
      arch,
      parameters: ofNetwork[0]!.parameters,
      seeds: ofNetwork.map(({seed}) => seed),
      curves: {training, validation},
      trainingError: training.at(-1)!,
      validationError: validation.at(-1)!,
      seconds: computeSeedStatistics(ofNetwork.map(trainingSeconds)).mean,
    };
  });

/** How an error changes from the first network of a pair to the second. */
export interface ErrorChange {
  readonly from: SeedStatistics;
  readonly to: SeedStatistics;
  /** Difference of the means, a fraction: negative if the second network is better. */
  readonly difference: number;
  /** Whether every seed of one network has a lower error than every seed of the other. Null where a network has one seed: its spread is not known. */
  readonly isClear: boolean | null;
}

/** Two networks that differ in one trait, and their errors in the last epoch. */
export interface NetworkComparison extends NetworkPair {
  readonly training: ErrorChange;
  readonly validation: ErrorChange;
}

const errorChange = (
  from: SeedStatistics,
  to: SeedStatistics,
  hasSpreads: boolean,
): ErrorChange => ({
  from,
  to,
  difference: to.mean - from.mean,
  isClear: hasSpreads ? to.low > from.high || to.high < from.low : null,
});

/** Compares the networks that differ in one trait only. */
export function compareNetworks(networks: readonly NetworkResult[]): NetworkComparison[] {
  const resultOf = new Map(networks.map(network => [network.arch, network]));
  return findPairs(networks.map(({arch}) => arch)).map(pair => {
    const [from, to] = [resultOf.get(pair.from)!, resultOf.get(pair.to)!];
    const hasSpreads = from.seeds.length > 1 && to.seeds.length > 1;
    return {
      ...pair,
      training: errorChange(from.trainingError, to.trainingError, hasSpreads),
      validation: errorChange(from.validationError, to.validationError, hasSpreads),
    };
  });
}
