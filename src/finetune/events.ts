import type {Finding} from '../core/finding.js';
import type {Calibration} from '../training/calibration/temperature.js';
import type {HeadSolution} from '../training/head-solver/solve-head.js';
import type {Metrics} from '../training/metrics/metrics.js';
import type {OptionOrigin} from './options/merge-options.js';
import type {Phase} from './recipe/phases.js';
import type {Recipe} from './recipe/recipe.js';

/**
 * Activities of a run that take time, in order. `timings` of a result has one entry each.
 *
 * @example
 * const seconds = new Map<Activity, number>();
 * const onEvent = (event: RunEvent) =>
 *   event.type === 'progress' && seconds.set(event.activity, performance.now() / 1000);
 */
export type Activity =
  'backend' | 'weights' | 'decode' | 'features' | 'train' | 'evaluate' | 'export';

/** Progress of an activity. Each of its steps counts from 0. */
export interface RunProgress {
  readonly type: 'progress';
  readonly activity: Activity;
  readonly done: number;
  readonly total: number;
  /** `images`, `bytes`, … */
  readonly unit: string;
  /**
   * Step of an activity that has several: `reading`, `decoding` and `comparing` of images, `loading` of weights, `writing` and `verifying`
   * of an exported model.
   */
  readonly step?: string;
  /** Epoch that is trained or evaluated, counted from 0 within the phase. */
  readonly epoch?: number;
}

/**
 * Events of a run. The library never prints; the command line shows each event as a line or a progress bar.
 *
 * @example
 * await finetune(folder, recipe, {
 *   onEvent: event => {
 *     if (event.type === 'finding') console.warn(event.finding.message);
 *   },
 * });
 */
export type RunEvent =
  | {readonly type: 'info'; readonly message: string}
  | {
      readonly type: 'dataset';
      readonly root: string;
      readonly classes: number;
      readonly images: number;
    }
  | {
      readonly type: 'split';
      readonly train: number;
      readonly validation: number;
      readonly test: number;
      /** Images of each class in each split, in the order of the classes. */
      readonly perClass: readonly {
        readonly name: string;
        readonly train: number;
        readonly validation: number;
        readonly test: number;
      }[];
    }
  | {readonly type: 'finding'; readonly finding: Finding}
  | {
      readonly type: 'recipe';
      readonly recipe: Recipe;
      readonly sources: Readonly<Record<string, OptionOrigin>>;
      /** One sentence for each value that was recommended from the dataset. */
      readonly reasons: readonly string[];
    }
  | {readonly type: 'weights'; readonly name: string; readonly path: string | null}
  | RunProgress
  | {
      readonly type: 'phase';
      readonly index: number;
      readonly phase: Phase;
      readonly steps: number;
      readonly cached: boolean;
      /** Whether the head is solved to convergence instead of being trained in epochs. */
      readonly isSolved?: boolean;
    }
  /** A temperature was fitted on the validation images; the head has it in its weights. */
  | {readonly type: 'calibrated'; readonly calibration: Calibration}
  /** A head was solved. An `epoch` with its metrics follows. */
  | {readonly type: 'head-solved'; readonly solution: HeadSolution}
  | {
      readonly type: 'epoch';
      readonly phase: string;
      /** Counted from 1 over all phases. */
      readonly number: number;
      /** Counted from 0 within the phase. */
      readonly epoch: number;
      readonly epochs: number;
      readonly trainingLoss: number;
      /** Null if the head was solved. */
      readonly trainingAccuracy: number | null;
      readonly metrics: Metrics;
      readonly best: boolean;
      /** Highest learning rate of the phase's layer groups, at the first update of the epoch; null if the head was solved. */
      readonly learningRate: number | null;
      /** Largest norm of the gradients of an update, before clipping; absent if the head was solved. */
      readonly gradientNorm?: number;
      readonly seconds: number;
    }
  /** The input features of a phase were computed by the frozen layers, or read from an earlier run. */
  | {
      readonly type: 'features';
      readonly images: Readonly<Record<'train' | 'validation', number>>;
      /** Number of images and their augmented views; 0 if a phase starts from pixels. */
      readonly rows: Readonly<Record<'train' | 'validation', number>>;
      readonly reused: 'none' | 'some' | 'all';
      readonly seconds: number;
    }
  /** An update or validation step was traced as a graph: at the first batch of a phase, and for each new batch size. */
  | {readonly type: 'traced'; readonly step: string}
  /** A fold of a cross-validation starts. `number` counts from 1. */
  | {readonly type: 'fold'; readonly number: number; readonly folds: number}
  | {
      readonly type: 'fold-end';
      readonly number: number;
      readonly folds: number;
      readonly metrics: Metrics;
      readonly seconds: number;
      /** Whether the fold had finished before the cross-validation was resumed. */
      readonly isResumed: boolean;
    }
  /** A probe of a comparison of weights starts. `number` counts from 1. */
  | {
      readonly type: 'comparison';
      readonly number: number;
      readonly count: number;
      readonly weights: string;
    }
  /** A member of an ensemble is trained, or was trained before the run was resumed. `number` counts from 1. */
  | {
      readonly type: 'member';
      readonly number: number;
      readonly members: number;
      readonly name: string;
      readonly isResumed: boolean;
    }
  | {readonly type: 'checkpoint'; readonly directory: string}
  | {readonly type: 'saved'; readonly directory: string};

/** An event of one type. */
export type RunEventOf<Type extends RunEvent['type']> = Extract<RunEvent, {readonly type: Type}>;

/**
 * Callback for the events of a run.
 *
 * @example
 * const listener: RunEventListener = event => console.error(JSON.stringify(event));
 * await finetune(folder, recipe, {onEvent: listener});
 */
export type RunEventListener = (event: RunEvent) => void;
