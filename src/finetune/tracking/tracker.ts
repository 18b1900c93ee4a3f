import type {EpochRow} from '../../training/loop/history.js';
import type {Metrics} from '../../training/metrics/metrics.js';
import type {SummaryImage} from './summary-event.js';

/** How a run ended. */
export type RunOutcome = 'finished' | 'failed' | 'stopped';

/** Results of a finished training. */
export interface FinalResults {
  readonly metrics: {readonly validation: Metrics; readonly test?: Metrics};
  readonly images: readonly {readonly tag: string; readonly image: SummaryImage}[];
}

/** A record of the course of a run, in a file or on a server. It may throw at any time; the run continues without it. */
export interface Tracker {
  /** Name for messages. */
  readonly name: string;
  /** Begins, or continues after the epochs of an interrupted run. Anything recorded after them is discarded. */
  begin(rows: readonly EpochRow[]): Promise<void>;
  /** @param number counted from 1 over all phases */
  epoch(row: EpochRow, number: number): void;
  /** @param epochs number of epochs of the run */
  finish(results: FinalResults, epochs: number): Promise<void>;
  /** Called once, however the run ended. */
  close?(outcome: RunOutcome): Promise<void>;
}
