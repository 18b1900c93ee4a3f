/** One epoch, as `history.csv` holds it. */
export interface EpochRow {
  readonly phase: string;
  /** From 1, within the phase. */
  readonly epoch: number;
  /** Updates since the phase began. */
  readonly step: number;
  /** Highest rate of any group at the epoch's begin. */
  readonly learningRate: number;
  readonly trainingLoss: number;
  readonly validationLoss: number;
  /** Fraction of 1. */
  readonly validationAccuracy: number;
  /** Fraction of 1. */
  readonly validationBalancedAccuracy: number;
  /** Whether the run ended with this epoch's weights: one row is the best. */
  readonly best: boolean;
  readonly seconds: number;
}
