import type {EpochRow} from '../../training/loop/history.js';
import type {GroupGradientNorms} from '../../training/loop/training-plan.js';
import type {Metrics} from '../../training/metrics/metrics.js';
import type {SummaryImage} from './summary-event.js';

/** How a run ended. */
export type RunOutcome = 'finished' | 'failed' | 'stopped';

/** An image under its tag. */
export interface TrackedImage {
  readonly tag: string;
  readonly image: SummaryImage;
}

/** Makes images for a tracker that shows them. Never rejects. */
export type ImageMaker = () => Promise<readonly TrackedImage[]>;

/** Results of a finished training. */
export interface FinalResults {
  readonly metrics: {readonly validation: Metrics; readonly test?: Metrics};
  readonly images: ImageMaker;
}

/** A record of the course of a run, in a file or on a server. It may throw at any time; the run continues without it. */
export interface Tracker {
  /** Name for messages. */
  readonly name: string;
  /** Whether it shows the gradient norms of layer groups. Otherwise they are not measured for it. */
  readonly showsGroupNorms?: true;
  /**
   * Begins, or continues after the epochs of an interrupted run. Anything recorded after them is discarded.
   * @param samples makes images of the training set
   */
  begin(rows: readonly EpochRow[], samples: ImageMaker): Promise<void>;
  /**
   * @param number counted from 1 over all phases
   * @param groupNorms norms of the gradients of each layer group, if they were measured
   */
  epoch(row: EpochRow, number: number, groupNorms?: Readonly<GroupGradientNorms>): void;
  /** @param epochs number of epochs of the run */
  finish(results: FinalResults, epochs: number): Promise<void>;
  /** Called once, however the run ended. */
  close?(outcome: RunOutcome): Promise<void>;
}
