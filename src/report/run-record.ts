import {basename, resolve} from 'node:path';
import type {PretrainedWeights} from '../backbones/pretrained/pretrained.js';
import type {GroupLearningRates} from '../backbones/layer-groups.js';
import type {Finding} from '../core/finding.js';
import type {Classifier} from '../heads/classifier.js';
import type {Calibration} from '../training/calibration/temperature.js';
import type {OpenSetRecord} from '../training/open-set/open-set-record.js';
import type {HeadSolution} from '../training/head-solver/solve-head.js';
import type {ClassBalance} from '../training/loop/class-balance.js';
import type {EpochRow} from '../training/loop/history.js';
import type {ClassCurves} from '../training/metrics/class-curves.js';
import type {CoveragePoint} from '../training/metrics/coverage.js';
import type {Metrics} from '../training/metrics/metrics.js';
import type {ActivationOverlay, FigureImage} from './charts/figure.js';

/** Durations by activity, in seconds. */
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

/** Seconds of learning: features of frozen layers, training and validation. */
export const learningSeconds = ({features, train, evaluate}: Timings): number =>
  features + train + evaluate;

/** An effective option value and its source. */
export interface Setting {
  readonly name: string;
  readonly value: unknown;
  /** Source of the value: `flag`, `recipe file`, `recommended`, ... */
  readonly source: string;
  /** Reason for a recommended value. */
  readonly reason?: string;
}

/** A validation image that was classified incorrectly. */
export interface Misclassification {
  /** Path relative to the dataset's root. */
  readonly name: string;
  readonly truth: string;
  readonly prediction: string;
  /** Probability of `prediction`. */
  readonly confidence: number;
  /** Thumbnail as a `data:image/...` URL. Other URLs are not shown. */
  readonly thumbnail?: string;
  /** Where the evidence for `prediction` lies. */
  readonly activation?: ActivationOverlay;
}

/** The validation image of a class that is classified correctly with the highest probability. */
export interface CorrectImage extends FigureImage {
  readonly className: string;
  /** Probability of the class. */
  readonly confidence: number;
}

/** Validation images on a plane: features that differ little are near each other. */
export interface EmbeddingMap {
  /** Fraction of the variance of the features that the plane shows. */
  readonly explained: number;
  readonly points: readonly {
    readonly name: string;
    readonly truth: string;
    readonly prediction: string;
    readonly x: number;
    readonly y: number;
    /** Index of its thumbnail. */
    readonly tile?: number;
  }[];
  /** Thumbnails of some images. */
  readonly thumbnails?: {
    /** Square tiles, row by row, as a `data:image/...` URL. */
    readonly sheet: string;
    readonly columns: number;
    readonly count: number;
  };
}

/** What the images of a class look like. */
export interface ClassExamples {
  /** Number of training images. */
  readonly train: number;
  /** A few training images. */
  readonly images: readonly FigureImage[];
}

/** An image with suspicious features: a possible label error or an outlier. */
export interface SuspiciousImage {
  /** Path relative to the dataset's root. */
  readonly name: string;
  readonly className: string;
  /** The class that it resembles; undefined for an outlier. */
  readonly suggested?: string;
  readonly margin?: number;
  /** Thumbnail as a `data:image/...` URL. Other URLs are not shown. */
  readonly thumbnail?: string;
}

/** Size and speed of the exported model. */
export interface ModelSize {
  /** Bytes that a web page loads: the network and its weights. */
  readonly webBytes: number;
  /** Bytes of `model.safetensors`, for Node and PyTorch. */
  readonly tensorBytes: number;
  /** Trainable parameters; batch-norm statistics do not count. */
  readonly parameters: number;
  /** Median time of a forward pass with one image, without decoding, on the backend of the run. */
  readonly imageMilliseconds: number;
}

/** Record of a run: the data for the report, the model card and `metrics.json`. */
export interface RunRecord {
  /** Path of the run directory. */
  readonly run: string;
  /** Path of the exported model. */
  readonly model: string;
  /** Time of completion in ISO 8601. */
  readonly finishedAt: string;
  /** Path of the dataset as the user named it. */
  readonly dataset: string;
  readonly images: {readonly train: number; readonly validation: number; readonly test: number};
  readonly backend: string;
  readonly device: string;
  readonly arch: string;
  readonly weights: string;
  /** License and source of the initial weights, if they are published weights. */
  readonly pretrained?: Pick<PretrainedWeights, 'license' | 'source'>;
  readonly network: Pick<Classifier, 'spec' | 'head' | 'preprocessing'>;
  readonly classes: readonly string[];
  /** Absent until the model is exported. */
  readonly modelSize?: ModelSize;
  /** How training balanced classes of different sizes. */
  readonly classBalance: ClassBalance;
  readonly phases: readonly {
    readonly name: string;
    readonly epochs: number;
    readonly learningRates: GroupLearningRates;
  }[];
  readonly history: readonly EpochRow[];
  /** Temperature of the probabilities, fitted on the validation images. */
  readonly calibration?: Calibration;
  /** Detects images of none of the classes. */
  readonly openSet?: OpenSetRecord;
  /** How heads were solved to convergence. */
  readonly headSolutions?: readonly HeadSolution[];
  readonly metrics: {readonly validation: Metrics; readonly test?: Metrics};
  /** What is answered, and how well, from a threshold of the validation probabilities on. */
  readonly coverage?: readonly CoveragePoint[];
  /** Precision-recall and ROC of each class on the validation images, in the order of `classes`. */
  readonly classCurves?: readonly ClassCurves[];
  readonly embedding?: EmbeddingMap;
  /** In the order of `classes`. */
  readonly classExamples?: readonly ClassExamples[];
  /** At most one of each class. */
  readonly correctImages?: readonly CorrectImage[];
  readonly misclassifications: readonly Misclassification[];
  /** Suspicious images, most certain first. */
  readonly suspiciousImages?: readonly SuspiciousImage[];
  readonly findings: readonly Finding[];
  readonly timings: Timings;
  readonly settings: readonly Setting[];
  readonly environment: Readonly<Record<string, unknown>>;
  /** Command that reproduces the run. */
  readonly command: string;
}

/** Name of a dataset: the last segment of its path. */
export const nameOf = (dataset: string): string => basename(resolve(dataset));

/** The document of `metrics.json` and of `--json`. Its format is stable (CONTRIBUTING.md). */
export type MetricsDocument = Pick<
  RunRecord,
  | 'run'
  | 'model'
  | 'backend'
  | 'device'
  | 'arch'
  | 'weights'
  | 'classes'
  | 'calibration'
  | 'headSolutions'
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
  calibration,
  headSolutions = [],
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
  ...(calibration !== undefined && {calibration}),
  ...(headSolutions.length > 0 && {headSolutions}),
  metrics,
  timings,
  findings,
});
