import type {RunContext} from './run-context.js';

/** How far the features of one set of images are. */
interface Rows {
  done: number;
  total: number;
  /** Rows of tables that are finished: a lower boundary may be filled before. */
  before: number;
}

/** One progress over the features of training and validation images, and one event for what came of it. */
export class FeatureProgress {
  #rows: Record<'train' | 'validation', Rows> = FeatureProgress.#none();
  #found = 0;

  /** @param images of each set */
  constructor(
    readonly run: RunContext,
    readonly images: Readonly<Record<'train' | 'validation', number>>,
  ) {}

  static #none(): Record<'train' | 'validation', Rows> {
    return {train: {done: 0, total: 0, before: 0}, validation: {done: 0, total: 0, before: 0}};
  }

  /** Told how many rows were left by an earlier run. */
  readonly found = (rows: number): void => void (this.#found += rows);

  /** Told how many rows of a table there are, of how many. */
  readonly of =
    (set: 'train' | 'validation') =>
    (done: number, total: number): void => {
      const rows = this.#rows[set];
      if (done < rows.done) rows.before += rows.total;
      [rows.done, rows.total] = [done, total];
      const {train, validation} = this.#rows;
      const finished = train.before + train.done + validation.before + validation.done;
      // Validation images come second, and are known before.
      const expected = train.before + train.total + validation.before + (validation.total || this.images.validation);
      this.run.progress('features', finished, expected, 'images');
    };

  /** Runs what fills the tables. */
  async watch<T>(work: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    const result = await this.run.time('features', work);
    const {train, validation} = this.#rows;
    const rows = {train: train.total, validation: validation.total};
    if (rows.train + rows.validation > 0) {
      const seconds = (performance.now() - begun) / 1000;
      const reused = Math.min(this.#found, train.before + train.total + validation.before + validation.total);
      const all = reused === train.before + train.total + validation.before + validation.total;
      this.run.emit({type: 'features', images: this.images, rows, reused: all ? 'all' : reused > 0 ? 'some' : 'none', seconds});
    }
    [this.#rows, this.#found] = [FeatureProgress.#none(), 0];
    return result;
  }
}
