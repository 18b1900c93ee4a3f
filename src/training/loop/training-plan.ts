import {
  LAYER_GROUPS,
  type GroupLearningRates,
  type LayerGroup,
} from '../../backbones/layer-groups.js';
import type {Precision} from '../../backend/graph/precision.js';
import {defineError, FinetuneError} from '../../core/errors.js';
import type {ClassBalancing} from './class-balance.js';
import type {LrScheduleName} from './lr-schedule.js';
import type {OptimizerSpec} from './optimizer.js';
import type {UpdateOptions} from './train-step.js';

/** Settings of a phase, without its model and inputs. */
export interface TrainingPlan {
  readonly name: string;
  /** Index of the phase in its schedule. Each phase shuffles differently. */
  readonly index: number;
  readonly epochs: number;
  readonly learningRates: GroupLearningRates;
  readonly batchSize: number;
  readonly optimizer: OptimizerSpec;
  readonly updateOptions: UpdateOptions;
  /** Present if classes are balanced. */
  readonly classBalancing?: ClassBalancing;
  /** Number of warm-up updates. */
  readonly warmupSteps: number;
  /** Decay of the learning rates after the warm-up. */
  readonly lrSchedule: LrScheduleName;
  readonly seed: number;
  /** Precision of the convolutions in an update. Validation is always fp32. */
  readonly precision: Precision;
}

/** Norms of the gradients of a layer group, before clipping: one for each update. A frozen group has none. */
export type GroupGradientNorms = Partial<Record<LayerGroup, number[]>>;

/** Progress within a phase; the part of a checkpoint's state that is not tensors. */
export interface TrainerState {
  /** Finished epochs. */
  epoch: number;
  /** Finished updates of the current epoch. */
  step: number;
  /** Weighted sum of the losses of the current epoch, for its mean loss. */
  lossSum: number;
  /** Sum of the weights of the current epoch. */
  weightSum: number;
  /** Correctly classified images of the current epoch, each before the update that it was part of. */
  hits: number;
  /** Largest norm of the gradients of the current epoch, before clipping. */
  gradientNorm: number;
  /** Gradient norms of the updates of the current epoch, if they are measured. */
  groupNorms?: GroupGradientNorms;
}

export const INITIAL_TRAINER_STATE: Readonly<TrainerState> = {
  epoch: 0,
  step: 0,
  lossSum: 0,
  weightSum: 0,
  hits: 0,
  gradientNorm: 0,
};

/** The training or validation loss is not finite. Training stops, so that no time is wasted on NaN. */
export class TrainingDivergedError extends defineError(
  FinetuneError,
  'TRAINING_DIVERGED',
  ({
    phase,
    step,
    loss,
    learningRates,
    gradientNorm,
  }: {
    phase: string;
    /** Updates since the start of the phase. */
    step: number;
    loss: number;
    learningRates: GroupLearningRates;
    /** Largest norm of the gradients of the epoch, before clipping. */
    gradientNorm?: number;
  }) => {
    const lrTexts = LAYER_GROUPS.filter(group => learningRates[group] !== null).map(
      group => `${group} ${learningRates[group]}`,
    );
    return (
      `The loss of phase "${phase}" is ${loss} after ${step} updates (learning rates: ${lrTexts.join(', ')}). ` +
      (gradientNorm ? `The gradient norm has reached ${gradientNorm.toPrecision(3)}. ` : '') +
      'Lower --lr, or raise --warmup.'
    );
  },
) {
  override readonly exitCode = 6;
}
