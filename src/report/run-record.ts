import {basename, resolve} from 'node:path';
import type {PretrainedWeights} from '../backbones/pretrained/pretrained.js';
import type {GroupLearningRates} from '../backbones/layer-groups.js';
import type {Finding} from '../core/finding.js';
import type {Classifier} from '../heads/classifier.js';
import type {ClassBalance} from '../training/loop/class-balance.js';
import type {EpochRow} from '../training/loop/history.js';
import type {Metrics} from '../training/metrics/metrics.js';

/** Seconds by activity. */
export interface Timings {
  readonly total: number;
  readonly backend?: number;
  readonly weights?: number;
  readonly decode: number;
  readonly features: number;
  readonly train: number;
  readonly evaluate: number;
  readonly export: number;
}

/** An effective value and its source. */
export interface Setting {
  readonly name: string;
  readonly value: unknown;
  /** `flag`, `recipe file`, `recommended`, ... */
  readonly source: string;
}

/** A validation image that was taken for another class. */
export interface Misclassification {
  /** Path relative to the dataset's root. */
  readonly name: string;
  readonly truth: string;
  readonly prediction: string;
  /** Probability of `prediction`. */
  readonly confidence: number;
  /** A small image as a `data:image/...` address; anything else is not shown. */
  readonly thumbnail?: string;
}

/** An image that a look at its features found odd. */
export interface SuspiciousImage {
  /** Path relative to the dataset's root. */
  readonly name: string;
  readonly className: string;
  /** The class that it looks like; undefined where it looks like none. */
  readonly suggested?: string;
  readonly margin?: number;
  /** A small image as a `data:image/...` address; anything else is not shown. */
  readonly thumbnail?: string;
}

/** What happened in a run: everything that the report, the model card and `metrics.json` are made from. */
export interface RunRecord {
  /** Path of the run directory. */
  readonly run: string;
  /** Path of the exported model. */
  readonly model: string;
  /** ISO 8601 */
  readonly finishedAt: string;
  /** The folder of images, as it was named. */
  readonly dataset: string;
  readonly images: {readonly train: number; readonly validation: number; readonly test: number};
  readonly backend: string;
  readonly device: string;
  readonly arch: string;
  readonly weights: string;
  /** Of the weights training began from, where they are published ones. */
  readonly pretrained?: Pick<PretrainedWeights, 'license' | 'source'>;
  readonly network: Pick<Classifier, 'spec' | 'head' | 'preprocessing'>;
  readonly classes: readonly string[];
  /** How training made classes of different sizes count. */
  readonly classBalance: ClassBalance;
  readonly phases: readonly {
    readonly name: string;
    readonly epochs: number;
    readonly learningRates: GroupLearningRates;
  }[];
  readonly history: readonly EpochRow[];
  readonly metrics: {readonly validation: Metrics; readonly test?: Metrics};
  readonly misclassifications: readonly Misclassification[];
  /** Surest first. */
  readonly suspiciousImages?: readonly SuspiciousImage[];
  readonly findings: readonly Finding[];
  readonly timings: Timings;
  readonly settings: readonly Setting[];
  readonly environment: Readonly<Record<string, unknown>>;
  /** What to type for the same run. */
  readonly command: string;
}

/** What people call a folder: its own name, wherever it lies. */
export const nameOf = (dataset: string): string => basename(resolve(dataset));

/** The document of `metrics.json` and of `--json`; its shape is a promise (CONTRIBUTING.md). */
export type MetricsDocument = Pick<
  RunRecord,
  | 'run'
  | 'model'
  | 'backend'
  | 'device'
  | 'arch'
  | 'weights'
  | 'classes'
  | 'metrics'
  | 'timings'
  | 'findings'
>;

export const metricsDocument = ({
  run,
  model,
  backend,
  device,
  arch,
  weights,
  classes,
  metrics,
  timings,
  findings,
}: MetricsDocument): MetricsDocument => ({
  run,
  model,
  backend,
  device,
  arch,
  weights,
  classes,
  metrics,
  timings,
  findings,
});
