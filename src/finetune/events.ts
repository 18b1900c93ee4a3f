import type {Finding} from '../core/finding.js';
import type {Metrics} from '../training/metrics/metrics.js';
import type {OptionOrigin} from './options/merge-options.js';
import type {Phase} from './recipe/phases.js';
import type {Recipe} from './recipe/recipe.js';

/**
 * The parts of a run that take time, in the order they happen; `seconds` of a result has one entry each.
 *
 * @example
 * const seconds = new Map<Activity, number>();
 * const onEvent = (event: RunEvent) =>
 *   event.type === 'progress' && seconds.set(event.activity, performance.now() / 1000);
 */
export type Activity =
  'backend' | 'weights' | 'decode' | 'features' | 'train' | 'evaluate' | 'export';

/** How far an activity is; each of its steps counts from 0. */
export interface RunProgress {
  readonly type: 'progress';
  readonly activity: Activity;
  readonly done: number;
  readonly total: number;
  /** `images`, `bytes` ... */
  readonly unit: string;
  /** Of an activity that has several: `reading` and `decoding`, `loading` of weights, `writing` and `proving` of an export. */
  readonly step?: string;
  /** From 0, within the phase: the epoch that is trained or evaluated. */
  readonly epoch?: number;
}

/**
 * What a run reports. The library never prints: the command line turns each of these into a line or a bar.
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
    }
  | {readonly type: 'finding'; readonly finding: Finding}
  | {
      readonly type: 'recipe';
      readonly recipe: Recipe;
      readonly sources: Readonly<Record<string, OptionOrigin>>;
      /** One sentence for each value that was recommended from the data. */
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
    }
  | {
      readonly type: 'epoch';
      readonly phase: string;
      /** From 0, within the phase. */
      readonly epoch: number;
      readonly epochs: number;
      readonly trainingLoss: number;
      readonly metrics: Metrics;
      readonly best: boolean;
      /** The highest of the phase's groups, at the first update of the epoch. */
      readonly learningRate: number;
      readonly seconds: number;
    }
  /** What a phase starts from went through the frozen layers, or was kept by an earlier run. */
  | {
      readonly type: 'features';
      readonly images: Readonly<Record<'train' | 'validation', number>>;
      /** Images and their augmented views; 0 where a phase starts from pixels. */
      readonly rows: Readonly<Record<'train' | 'validation', number>>;
      readonly reused: 'none' | 'some' | 'all';
      readonly seconds: number;
    }
  /** Updates or validation are written down as a graph: at the first of a phase, and at the first of another number of examples. */
  | {readonly type: 'traced'; readonly step: string}
  /** A fold of a cross-validation begins, of so many, counted from 1. */
  | {readonly type: 'fold'; readonly number: number; readonly folds: number}
  | {
      readonly type: 'fold-end';
      readonly number: number;
      readonly folds: number;
      readonly metrics: Metrics;
      readonly seconds: number;
      /** It had ended before the cross-validation was resumed. */
      readonly isResumed: boolean;
    }
  | {readonly type: 'checkpoint'; readonly directory: string}
  | {readonly type: 'saved'; readonly directory: string};

/**
 * Hears of the events of a run.
 *
 * @example
 * const listener: RunEventListener = event => console.error(JSON.stringify(event));
 * await finetune(folder, recipe, {onEvent: listener});
 */
export type RunEventListener = (event: RunEvent) => void;
