import type {EpochRow} from '../../training/loop/history.js';
import type {PhaseTrainer, TrainedEpoch} from '../../training/loop/phase-trainer.js';
import type {TrainerState} from '../../training/loop/training-plan.js';
import type {Metrics} from '../../training/metrics/metrics.js';
import type {Phase} from '../recipe/phases.js';
import type {RunContext} from '../run/run-context.js';

/** Result of an epoch. */
export interface EpochResult {
  /** Learning-rate factor at the start of the epoch; null if the head was solved instead. */
  readonly lrFactor: number | null;
  /** The accuracy is null if the head was solved. */
  readonly training: Pick<TrainedEpoch, 'loss'> &
    Partial<Pick<TrainedEpoch, 'gradientNorm' | 'groupNorms'>> & {
      readonly accuracy: number | null;
    };
  readonly metrics: Metrics;
  /** Whether the weights are the best so far. */
  readonly best: boolean;
  readonly seconds: number;
}

/** Progress of a trainer: finished epochs, and updates since the start of the phase. */
type Progress = Pick<PhaseTrainer, 'updates'> & {readonly state: Pick<TrainerState, 'epoch'>};

const highestLearningRate = ({learningRates}: Phase): number =>
  Math.max(...Object.values(learningRates).map(lr => lr ?? 0));

/** History of the epochs of a run. Adds a row and emits an event for each epoch. One row is marked as the best. */
export class EpochHistory {
  #rows: readonly EpochRow[] = [];

  constructor(readonly run: RunContext) {}

  get rows(): readonly EpochRow[] {
    return this.#rows;
  }

  /** Restores the rows of an interrupted run. */
  resume(rows: readonly EpochRow[]): void {
    this.#rows = rows;
  }

  /** @param trainer trainer after the end of the epoch */
  add(phase: Phase, {state: {epoch}, updates: step}: Progress, result: EpochResult): void {
    const {lrFactor, training, metrics, best, seconds} = result;
    const learningRate = lrFactor === null ? null : highestLearningRate(phase) * lrFactor;
    const earlier = best ? this.#rows.map(row => ({...row, best: false})) : this.#rows;
    const gradientNorm =
      training.gradientNorm === undefined ? {} : {gradientNorm: training.gradientNorm};
    const row: EpochRow = {
      phase: phase.name,
      epoch,
      step,
      learningRate,
      ...gradientNorm,
      trainingLoss: training.loss,
      trainingAccuracy: training.accuracy,
      validationLoss: metrics.loss,
      validationAccuracy: metrics.accuracy,
      validationBalancedAccuracy: metrics.balancedAccuracy,
      best,
      seconds,
    };
    this.#rows = [...earlier, row];
    this.run.tracker.epoch(row, training.groupNorms);
    this.run.emit({
      type: 'epoch',
      phase: phase.name,
      number: this.#rows.length,
      epoch: epoch - 1,
      epochs: phase.epochs,
      trainingLoss: training.loss,
      trainingAccuracy: training.accuracy,
      metrics,
      best,
      learningRate,
      ...gradientNorm,
      seconds,
    });
  }
}
