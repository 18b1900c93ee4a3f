import {appendFileSync, existsSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {writeFileAtomic} from '../../core/files/atomic-write.js';
import type {EpochRow} from '../../training/loop/history.js';
import type {Tracker} from './tracker.js';

const toLine = (row: EpochRow): string => `${JSON.stringify(row)}\n`;

/** Writes `metrics.jsonl`: one JSON object for each epoch. `best` there means the best so far. */
export class MetricsLog implements Tracker {
  readonly name = 'metrics.jsonl';

  constructor(readonly path: string) {}

  async begin(rows: readonly EpochRow[]): Promise<void> {
    const text = existsSync(this.path) ? await readFile(this.path, 'utf8') : '';
    // What follows the last line break was cut by a kill.
    const kept = text.split('\n').slice(0, -1).slice(0, rows.length);
    const missing = rows.slice(kept.length).map(toLine);
    await writeFileAtomic(this.path, [...kept.map(line => `${line}\n`), ...missing].join(''));
  }

  epoch(row: EpochRow): void {
    appendFileSync(this.path, toLine(row));
  }

  /** The results are in `metrics.json`. */
  async finish(): Promise<void> {}
}
