import {appendFileSync, readdirSync} from 'node:fs';
import {readFile, truncate} from 'node:fs/promises';
import {join} from 'node:path';
import {countTfRecords, tfRecord} from '../../core/files/tf-record.js';
import {writeFileAtomic} from '../../core/files/atomic-write.js';
import {LAYER_GROUPS} from '../../backbones/layer-groups.js';
import type {EpochRow} from '../../training/loop/history.js';
import type {GroupGradientNorms} from '../../training/loop/training-plan.js';
import {computeHistogram} from './histogram.js';
import {summaryEvent, versionEvent, type SummaryValue} from './summary-event.js';
import type {FinalResults, ImageMaker, TrackedImage, Tracker} from './tracker.js';
import {epochValues, finalValues, type TrackedValue} from './tracked-values.js';

/** TensorBoard and W&B recognize the file by this start of its name. */
const PREFIX = 'events.out.tfevents.';

const toSummaryValues = (values: readonly TrackedValue[]): SummaryValue[] =>
  values.map(([tag, value]) => ({tag, value}));

const toImageValues = (images: readonly TrackedImage[]): SummaryValue[] =>
  images.map(({tag, image}) => ({tag, value: image}));

/** Histograms of the gradient norms of an epoch, from input to head. */
const toHistograms = (groupNorms: Readonly<GroupGradientNorms>): SummaryValue[] =>
  LAYER_GROUPS.flatMap(group => {
    const value = computeHistogram(groupNorms[group] ?? []);
    return value === undefined ? [] : [{tag: `gradient-norm/${group}`, value}];
  });

/** Records before the first epoch. */
const HEADER_RECORDS = 2;

/**
 * Writes an event file for TensorBoard: one record with the version, one with training images, then one for each epoch, then one with the
 * results. So the number of records to keep follows from the number of epochs.
 */
export class TensorboardTracker implements Tracker {
  readonly name = 'The TensorBoard file';
  readonly showsGroupNorms = true;
  #path = '';

  /** @param directory directory of the run
   * @param clock returns the milliseconds since 1970 */
  constructor(
    readonly directory: string,
    readonly clock = Date.now,
  ) {}

  async begin(rows: readonly EpochRow[], samples: ImageMaker): Promise<void> {
    const existing = readdirSync(this.directory).find(name => name.startsWith(PREFIX));
    const seconds = Math.floor(this.clock() / 1000);
    this.#path = join(this.directory, existing ?? `${PREFIX}${seconds}.finetune`);
    const kept = existing === undefined ? 0 : await this.#keep(HEADER_RECORDS + rows.length);
    if (kept === 0) await writeFileAtomic(this.#path, tfRecord(versionEvent(this.clock() / 1000)));
    if (kept < HEADER_RECORDS) this.#append(0, toImageValues(await samples()));
    const recorded = Math.max(0, kept - HEADER_RECORDS);
    rows.slice(recorded).forEach((row, i) => this.epoch(row, recorded + i + 1));
  }

  /** Removes all but the first records. @returns the number of records that are left */
  async #keep(most: number): Promise<number> {
    const {records, bytes} = countTfRecords(await readFile(this.#path), most);
    await truncate(this.#path, bytes);
    return records;
  }

  epoch(row: EpochRow, number: number, groupNorms: Readonly<GroupGradientNorms> = {}): void {
    this.#append(number, [...toSummaryValues(epochValues(row)), ...toHistograms(groupNorms)]);
  }

  async finish({metrics, images}: FinalResults, epochs: number): Promise<void> {
    this.#append(epochs, [
      ...toSummaryValues(finalValues(metrics)),
      ...toImageValues(await images()),
    ]);
  }

  #append(step: number, values: readonly SummaryValue[]): void {
    appendFileSync(this.#path, tfRecord(summaryEvent(this.clock() / 1000, step, values)));
  }
}
