import type {RunContext} from '../run/run-context.js';

/** Number of computed rows of one set of images. */
interface Rows {
  done: number;
  total: number;
  /** Rows of finished tables. A table at a lower frozen depth may be filled first. */
  finishedTables: number;
}

/** Merges the feature progress of training and validation images, and emits one event for the result. */
export class FeatureProgress {
  #rows: Record<'train' | 'validation', Rows> = FeatureProgress.#none();
  #cachedRows = 0;

  /** @param images number of images in each set */
  constructor(
    readonly run: RunContext,
    readonly images: Readonly<Record<'train' | 'validation', number>>,
  ) {}

  static #none(): Record<'train' | 'validation', Rows> {
    return {
      train: {done: 0, total: 0, finishedTables: 0},
      validation: {done: 0, total: 0, finishedTables: 0},
    };
  }

  /** Called with the number of rows that an earlier run had cached. */
  readonly addCached = (rows: number): void => void (this.#cachedRows += rows);

  /** Returns a callback for the number of finished rows of a table, and their total. */
  readonly reporterFor =
    (set: 'train' | 'validation') =>
    (done: number, total: number): void => {
      const rows = this.#rows[set];
      if (done < rows.done) rows.finishedTables += rows.total;
      [rows.done, rows.total] = [done, total];
      const {train, validation} = this.#rows;
      const finished =
        train.finishedTables + train.done + validation.finishedTables + validation.done;
      // Validation images come second, but their number is known in advance.
      const expected =
        train.finishedTables +
        train.total +
        validation.finishedTables +
        (validation.total || this.images.validation);
      this.run.progress('features', finished, expected, 'images');
    };

  /** Runs the work that fills the tables, then emits the event. */
  async track<T>(work: () => Promise<T>): Promise<T> {
    const startTime = performance.now();
    const result = await this.run.time('features', work);
    const {train, validation} = this.#rows;
    const rows = {train: train.total, validation: validation.total};
    if (rows.train + rows.validation > 0) {
      const seconds = (performance.now() - startTime) / 1000;
      const reused = Math.min(
        this.#cachedRows,
        train.finishedTables + train.total + validation.finishedTables + validation.total,
      );
      const all =
        reused ===
        train.finishedTables + train.total + validation.finishedTables + validation.total;
      this.run.emit({
        type: 'features',
        images: this.images,
        rows,
        reused: all ? 'all' : reused > 0 ? 'some' : 'none',
        seconds,
      });
    }
    [this.#rows, this.#cachedRows] = [FeatureProgress.#none(), 0];
    return result;
  }
}
