/** One epoch; a row of `history.csv`. */
export interface EpochRow {
  readonly phase: string;
  /** Counted from 1 within the phase. */
  readonly epoch: number;
  /** Updates since the start of the phase, or iterations of the solver. */
  readonly step: number;
  /** Highest learning rate of any group at the start of the epoch; null if the head was solved instead. */
  readonly learningRate: number | null;
  /** Largest norm of the gradients of an update, before clipping; absent if the head was solved. */
  readonly gradientNorm?: number;
  readonly trainingLoss: number;
  /** Fraction 0..1 of the augmented training images, each before the update that it was part of; null if the head was solved. */
  readonly trainingAccuracy: number | null;
  readonly validationLoss: number;
  /** Fraction 0..1. */
  readonly validationAccuracy: number;
  /** Fraction 0..1. */
  readonly validationBalancedAccuracy: number;
  /** Whether the run ended with the weights of this epoch. Exactly one row is the best. */
  readonly best: boolean;
  readonly seconds: number;
}
