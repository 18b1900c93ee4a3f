import type {RunContext} from '../run/run-context.js';

/** Number of computed rows of one set of images. */
interface Rows {
  done: number;
  total: number;
  /** Rows of finished tables. A table at a lower frozen depth may be filled first. */
  finishedTables: number;
  /** Number of tables that are still to be finished. */
  remainingTables: number;
}

/** Rows of the finished tables and of the current one. */
const knownRows = ({total, finishedTables}: Rows): number => finishedTables + total;

/** Rows of all tables of a set, as large as the current one. Before the first, they have a row per image. */
const expectedRows = ({total, finishedTables, remainingTables}: Rows, images: number): number =>
  finishedTables + (total || images) * remainingTables;

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
      train: {done: 0, total: 0, finishedTables: 0, remainingTables: 1},
      validation: {done: 0, total: 0, finishedTables: 0, remainingTables: 1},
    };
  }

  /** Called before `track` with the number of tables of each set, so that all of them have one bar. */
  expect(tables: Readonly<Record<'train' | 'validation', number>>): void {
    this.#rows.train.remainingTables = tables.train;
    this.#rows.validation.remainingTables = tables.validation;
  }

  /** Called with the number of rows that an earlier run had cached. */
  readonly addCached = (rows: number): void => void (this.#cachedRows += rows);

  /** Returns a callback for the number of finished rows of a table, and their total. */
  readonly reporterFor =
    (set: 'train' | 'validation') =>
    (done: number, total: number): void => {
      const rows = this.#rows[set];
      if (rows.total > 0 && rows.done === rows.total) {
        rows.finishedTables += rows.total;
        rows.remainingTables = Math.max(1, rows.remainingTables - 1);
      }
      [rows.done, rows.total] = [done, total];
      const {train, validation} = this.#rows;
      const finished =
        train.finishedTables + train.done + validation.finishedTables + validation.done;
      const expected =
        expectedRows(train, this.images.train) + expectedRows(validation, this.images.validation);
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
      const known = knownRows(train) + knownRows(validation);
      const reused = Math.min(this.#cachedRows, known);
      const all = reused === known;
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
