import type {RunContext} from '../run/run-context.js';

/** How far the features of one set of images are. */
interface Rows {
  done: number;
  total: number;
  /** Rows of tables that are finished: a lower boundary may be filled before. */
  finishedTables: number;
}

/** One progress over the features of training and validation images, and one event for what came of it. */
export class FeatureProgress {
  #rows: Record<'train' | 'validation', Rows> = FeatureProgress.#none();
  #cachedRows = 0;

  /** @param images of each set */
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

  /** Told how many rows were left by an earlier run. */
  readonly addCached = (rows: number): void => void (this.#cachedRows += rows);

  /** Told how many rows of a table there are, of how many. */
  readonly reporterFor =
    (set: 'train' | 'validation') =>
    (done: number, total: number): void => {
      const rows = this.#rows[set];
      if (done < rows.done) rows.finishedTables += rows.total;
      [rows.done, rows.total] = [done, total];
      const {train, validation} = this.#rows;
      const finished =
        train.finishedTables + train.done + validation.finishedTables + validation.done;
      // Validation images come second, and are known before.
      const expected =
        train.finishedTables +
        train.total +
        validation.finishedTables +
        (validation.total || this.images.validation);
      this.run.progress('features', finished, expected, 'images');
    };

  /** Runs what fills the tables. */
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
