import type {EpochRow} from '../../training/loop/history.js';
import type {PhaseTrainer} from '../../training/loop/phase-trainer.js';
import type {Metrics} from '../../training/metrics/metrics.js';
import type {Phase} from '../recipe/phases.js';
import type {RunContext} from '../run/run-context.js';

/** How an epoch ended. */
export interface EpochResult {
  /** Factor of the phase's learning rates at the epoch's begin. */
  readonly lrFactor: number;
  readonly trainingLoss: number;
  readonly metrics: Metrics;
  /** Whether these are the best weights so far. */
  readonly best: boolean;
  readonly seconds: number;
}

const highestLearningRate = ({learningRates}: Phase): number =>
  Math.max(...Object.values(learningRates).map(lr => lr ?? 0));

/** The epochs of a run: a row each, and an event when one ends. One row is the best. */
export class EpochHistory {
  #rows: readonly EpochRow[] = [];

  constructor(readonly run: RunContext) {}

  get rows(): readonly EpochRow[] {
    return this.#rows;
  }

  /** Takes the rows that an interrupted run has written. */
  resume(rows: readonly EpochRow[]): void {
    this.#rows = rows;
  }

  /** @param trainer after the epoch's end */
  add(phase: Phase, {state: {epoch}, updates: step}: PhaseTrainer, result: EpochResult): void {
    const {lrFactor, trainingLoss, metrics, best, seconds} = result;
    const learningRate = highestLearningRate(phase) * lrFactor;
    const earlier = best ? this.#rows.map(row => ({...row, best: false})) : this.#rows;
    this.#rows = [
      ...earlier,
      {
        phase: phase.name,
        epoch,
        step,
        learningRate,
        trainingLoss,
        validationLoss: metrics.loss,
        validationAccuracy: metrics.accuracy,
        validationBalancedAccuracy: metrics.balancedAccuracy,
        best,
        seconds,
      },
    ];
    this.run.emit({
      type: 'epoch',
      phase: phase.name,
      epoch: epoch - 1,
      epochs: phase.epochs,
      trainingLoss,
      metrics,
      best,
      learningRate,
      seconds,
    });
  }
}
