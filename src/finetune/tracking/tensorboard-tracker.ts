import {appendFileSync, readdirSync} from 'node:fs';
import {readFile, truncate} from 'node:fs/promises';
import {join} from 'node:path';
import {countTfRecords, tfRecord} from '../../core/files/tf-record.js';
import {writeFileAtomic} from '../../core/files/atomic-write.js';
import type {EpochRow} from '../../training/loop/history.js';
import {summaryEvent, versionEvent, type SummaryValue} from './summary-event.js';
import type {FinalResults, Tracker} from './tracker.js';
import {epochValues, finalValues, type TrackedValue} from './tracked-values.js';

/** TensorBoard and W&B recognize the file by this start of its name. */
const PREFIX = 'events.out.tfevents.';

const toSummaryValues = (values: readonly TrackedValue[]): SummaryValue[] =>
  values.map(([tag, value]) => ({tag, value}));

/**
 * Writes an event file for TensorBoard: one record with the version, then one for each epoch, then one with the results. So the number of
 * records to keep follows from the number of epochs.
 */
export class TensorboardTracker implements Tracker {
  readonly name = 'The TensorBoard file';
  #path = '';

  /** @param directory directory of the run
   * @param clock returns the milliseconds since 1970 */
  constructor(
    readonly directory: string,
    readonly clock = Date.now,
  ) {}

  async begin(rows: readonly EpochRow[]): Promise<void> {
    const existing = readdirSync(this.directory).find(name => name.startsWith(PREFIX));
    const seconds = Math.floor(this.clock() / 1000);
    this.#path = join(this.directory, existing ?? `${PREFIX}${seconds}.finetune`);
    const kept = existing === undefined ? 0 : await this.#keep(1 + rows.length);
    if (kept === 0) await writeFileAtomic(this.#path, tfRecord(versionEvent(this.clock() / 1000)));
    const recorded = Math.max(0, kept - 1);
    rows.slice(recorded).forEach((row, i) => this.epoch(row, recorded + i + 1));
  }

  /** Removes all but the first records. @returns the number of records that are left */
  async #keep(most: number): Promise<number> {
    const {records, bytes} = countTfRecords(await readFile(this.#path), most);
    await truncate(this.#path, bytes);
    return records;
  }

  epoch(row: EpochRow, number: number): void {
    this.#append(number, toSummaryValues(epochValues(row)));
  }

  async finish({metrics, images}: FinalResults, epochs: number): Promise<void> {
    this.#append(epochs, [
      ...toSummaryValues(finalValues(metrics)),
      ...images.map(({tag, image}) => ({tag, value: image})),
    ]);
  }

  #append(step: number, values: readonly SummaryValue[]): void {
    appendFileSync(this.#path, tfRecord(summaryEvent(this.clock() / 1000, step, values)));
  }
}
