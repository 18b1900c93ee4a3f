import {stageCount, type Arch, type LastStage} from '../../backbones/resnet-specs.js';
import type {EpochRow} from '../../training/loop/history.js';
import type {Metrics} from '../../training/metrics/metrics.js';
import {publicPath} from '../paths.js';
import type {Timings} from '../run-record.js';

/**
 * A run of a comparison.
 *
 * @example
 * const {runs} = await compareRuns(['./runs/a', './runs/b']);
 * console.log(runs.map(({name, metrics}: ComparedRun) => `${name}: ${metrics.accuracy}`));
 */
export interface ComparedRun {
  /** The last segment of its path, or as many as tell it from the other runs. */
  readonly name: string;
  /** Path of the run directory. */
  readonly run: string;
  /** Path of its dataset. */
  readonly dataset: string;
  readonly arch: Arch;
  /** Last stage of the network. */
  readonly lastStage: LastStage;
  /** Initial weights: a name, a path or `none`. */
  readonly weights: string;
  /** On the validation images of the run. */
  readonly metrics: Metrics;
  /** Seconds of learning: features of frozen layers, training and validation. Cached features make it shorter. */
  readonly seconds: number;
  readonly timings: Timings;
  /** Bytes of the weights of the exported model; absent if it was not exported. */
  readonly modelBytes?: number;
  /** Number of trainable parameters; absent if the model was not measured. */
  readonly parameters?: number;
  readonly backend: string;
  readonly device: string;
  readonly history: readonly EpochRow[];
}

/** Counts of the images that two runs classified, and McNemar's test of them. */
export interface PairedCounts {
  /** Number of validation images of both runs. */
  readonly images: number;
  readonly bothRight: number;
  /** Number of images that only this run classifies correctly. */
  readonly onlyThis: number;
  /** Number of images that only the best run classifies correctly. */
  readonly onlyBest: number;
  readonly bothWrong: number;
  /** Two-sided p-value of McNemar's exact test, not corrected for the number of tests. */
  readonly pValue: number;
  /** Whether the p-value is below 0.05 over all tests of the comparison (Bonferroni). */
  readonly isClear: boolean;
}

/**
 * Comparison of a run with the best one on the validation images that both have.
 *
 * @example
 * const {paired} = await compareRuns(['./runs/a', './runs/b']);
 * const clear = paired.filter(({test}: PairedRun) => test?.isClear);
 */
export interface PairedRun {
  /** Name of the run. */
  readonly name: string;
  /** Absent if there is nothing to compare image by image; `problem` says why. */
  readonly test?: PairedCounts;
  /** What limits the comparison, in sentences. */
  readonly problem?: string;
}

/**
 * A setting that is not the same in all runs.
 *
 * @example
 * const {settings} = await compareRuns(['./runs/a', './runs/b']);
 * console.log(settings.map(({path}: DifferingSetting) => path)); // phases.full.epochs, seed
 */
export interface DifferingSetting {
  /** Name of the option; of a nested value, its path. */
  readonly path: string;
  /** Value by name of the run. A run without the setting has no entry. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** Answer of a run for an image. */
export interface RunAnswer {
  readonly prediction: string;
  /** Probability of `prediction`. */
  readonly confidence: number;
}

/**
 * An image that some runs classify correctly and others do not.
 *
 * @example
 * const {disagreements} = await compareRuns(['./runs/a', './runs/b']);
 * console.log(disagreements.map(({name, truth}: Disagreement) => `${truth}: ${name}`));
 */
export interface Disagreement {
  /** Name of the image in its dataset. */
  readonly name: string;
  /** SHA-256 of the bytes of the file, in hex. */
  readonly sha256: string;
  readonly truth: string;
  /** By name of the run; only runs that have the image in their validation split. */
  readonly answers: Readonly<Record<string, RunAnswer>>;
}

/**
 * Result of a comparison of runs.
 *
 * @example
 * const comparison: RunComparison = await compareRuns(['./runs/a', './runs/b']);
 * console.log(comparison.best, comparison.settings);
 */
export interface RunComparison {
  /** In the order of the request. */
  readonly runs: readonly ComparedRun[];
  /** Name of the run with the highest validation accuracy, and of these, the lowest loss. */
  readonly best: string;
  readonly classes: readonly string[];
  /** Every other run against the best, in the order of the request. */
  readonly paired: readonly PairedRun[];
  readonly settings: readonly DifferingSetting[];
  /** The most certain wrong answers first. */
  readonly disagreements: readonly Disagreement[];
}

/** Name of a network; with its last stage if it ends before the last one. */
export const networkName = ({arch, lastStage}: Pick<ComparedRun, 'arch' | 'lastStage'>): string =>
  lastStage < stageCount(arch) ? `${arch} to stage ${lastStage}` : arch;

/** Name of the initial weights, without that of the network. */
export const weightsName = ({arch, weights}: Pick<ComparedRun, 'arch' | 'weights'>): string =>
  weights === 'none' ? 'random' : publicPath(weights).replace(`${arch}.`, '');
