import {errorMessage} from '../../core/errors.js';
import {formatSystemError, isSystemError} from '../../core/files/system-error.js';
import type {Misclassification} from '../../report/run-record.js';
import type {EpochRow} from '../../training/loop/history.js';
import type {GroupGradientNorms} from '../../training/loop/training-plan.js';
import {trackedImages} from './tracked-images.js';
import type {FinalResults, ImageMaker, RunOutcome, Tracker} from './tracker.js';

/** Trackers of a run. One that fails is reported once and left out from then on; it never stops the run. */
export class RunTracking {
  #trackers: readonly Tracker[];
  #epochs = 0;

  constructor(
    trackers: readonly Tracker[],
    /** Called with a sentence about a tracker that failed. */
    readonly warn: (message: string) => void,
  ) {
    this.#trackers = trackers;
  }

  /** Whether a tracker shows the gradient norms of layer groups. */
  get showsGroupNorms(): boolean {
    return this.#trackers.some(tracker => tracker.showsGroupNorms);
  }

  /**
   * @param rows epochs of the interrupted run that is resumed
   * @param samples makes images of the training set
   */
  async begin(rows: readonly EpochRow[], samples: ImageMaker): Promise<void> {
    this.#epochs = rows.length;
    const images = this.#imageMaker(samples);
    await this.#each(tracker => tracker.begin(rows, images));
  }

  epoch(row: EpochRow, groupNorms?: Readonly<GroupGradientNorms>): void {
    this.#epochs++;
    for (const tracker of this.#trackers) {
      try {
        tracker.epoch(row, this.#epochs, groupNorms);
      } catch (error) {
        this.#drop(tracker, error);
      }
    }
  }

  async finish(
    metrics: FinalResults['metrics'],
    misclassifications: readonly Misclassification[],
  ): Promise<void> {
    const images = this.#imageMaker(() => trackedImages(metrics.validation, misclassifications));
    await this.#each(tracker => tracker.finish({metrics, images}, this.#epochs));
  }

  /** Makes images for the trackers that call it. Without images, a tracker still gets the rest. */
  #imageMaker(make: ImageMaker): ImageMaker {
    return () =>
      make().catch((error: unknown) => {
        this.warn(describeTrackerFailure('The images for TensorBoard', error));
        return [];
      });
  }

  async close(outcome: RunOutcome): Promise<void> {
    await this.#each(async tracker => tracker.close?.(outcome));
  }

  async #each(work: (tracker: Tracker) => Promise<void>): Promise<void> {
    for (const tracker of this.#trackers)
      await work(tracker).catch((error: unknown) => this.#drop(tracker, error));
  }

  #drop(tracker: Tracker, error: unknown): void {
    this.#trackers = this.#trackers.filter(other => other !== tracker);
    this.warn(describeTrackerFailure(tracker.name, error));
  }
}

/** Sentence about a tracker that failed. @param name subject of the sentence, for a file or server */
export const describeTrackerFailure = (name: string, error: unknown): string =>
  `${name} cannot be written, so the run continues without it. ${isSystemError(error) ? formatSystemError(error) : `${errorMessage(error)}.`}`;
