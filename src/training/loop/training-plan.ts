import {LAYER_GROUPS, type GroupLearningRates} from '../../backbones/layer-groups.js';
import type {Precision} from '../../backend/graph/precision.js';
import {defineError, FinetuneError} from '../../core/errors.js';
import type {ClassBalancing} from './class-balance.js';
import type {OptimizerSpec} from './optimizer.js';
import type {UpdateOptions} from './train-step.js';

/** Everything that decides what a phase does, but the network and the inputs. */
export interface TrainingPlan {
  readonly name: string;
  /** Place of the phase in its schedule; shuffles of different phases differ. */
  readonly index: number;
  readonly epochs: number;
  readonly learningRates: GroupLearningRates;
  readonly batchSize: number;
  readonly optimizer: OptimizerSpec;
  readonly updateOptions: UpdateOptions;
  /** Where classes are to count alike. */
  readonly classBalancing?: ClassBalancing;
  /** Updates over which the rates rise. */
  readonly warmupSteps: number;
  readonly seed: number;
  /** Of an update's convolutions; what is validated is float32. */
  readonly precision: Precision;
}

/** How far a phase has come; all that a checkpoint must say besides tensors. */
export interface TrainerState {
  /** Epochs finished. */
  epoch: number;
  /** Updates done of the epoch begun. */
  step: number;
  /** Sum over the examples of the epoch begun, each by its weight, for its mean loss. */
  lossSum: number;
  /** Sum of their weights. */
  weightSum: number;
}

export const INITIAL_TRAINER_STATE: Readonly<TrainerState> = {
  epoch: 0,
  step: 0,
  lossSum: 0,
  weightSum: 0,
};

/** The loss is no longer a number, in training or in validation. An hour of training on NaN would be our fault, not the user's. */
export class TrainingDivergedError extends defineError(
  FinetuneError,
  'TRAINING_DIVERGED',
  ({
    phase,
    step,
    loss,
    learningRates,
  }: {
    phase: string;
    /** Updates done since the phase began. */
    step: number;
    loss: number;
    learningRates: GroupLearningRates;
  }) => {
    const lrTexts = LAYER_GROUPS.filter(group => learningRates[group] !== null).map(
      group => `${group} ${learningRates[group]}`,
    );
    return (
      `The loss of phase "${phase}" is ${loss} after ${step} updates (learning rates: ${lrTexts.join(', ')}). ` +
      'Lower --lr, or give the phase a longer warm-up by more epochs.'
    );
  },
) {
  override readonly exitCode = 6;
}

/** Share of the peak rate at an update; `step` counts updates of the phase from 0. */
export type LrSchedule = (step: number) => number;

/** Linear warm-up to 1, then half a cosine to 0 (Loshchilov & Hutter, https://arxiv.org/abs/1608.03983). */
export function warmupThenCosine(warmupSteps: number, totalSteps: number): LrSchedule {
  return step =>
    step < warmupSteps
      ? (step + 1) / warmupSteps
      : 0.5 *
        (1 + Math.cos((Math.PI * (step - warmupSteps)) / Math.max(1, totalSteps - warmupSteps)));
}
