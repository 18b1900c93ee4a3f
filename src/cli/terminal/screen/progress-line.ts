import {formatBytes} from '../../../core/text/format-bytes.js';
import {formatInteger} from '../../../core/text/format-count.js';
import {formatDuration} from '../../../report/format.js';
import {RateEstimator} from './rate-estimator.js';
import type {Terminal} from './terminal.js';
import {formatBar, LABEL_WIDTH} from './layout.js';
import {formatFixedPercent} from '../../../core/text/format-percent.js';

const REDRAW_SECONDS = 0.1;
/** Interval between plain lines on a stream that cannot be redrawn. */
const LOG_SECONDS = 10;
/** Width of the bar. A narrow terminal needs the space for the numbers. */
const barWidth = (columns: number): number => (columns < 100 ? 12 : columns < 120 ? 16 : 24);

/** Progress of an activity. */
export interface ProgressState {
  readonly title: string;
  readonly done: number;
  readonly total: number;
  /** `images`, `bytes`, … Of `seconds`, no rate is shown. */
  readonly unit: string;
  /** Text before the numbers: `epoch 2/5`. */
  readonly place?: string;
  /** Text after the numbers. */
  readonly note?: string;
}

/** Fields next to a bar, in display order. */
type ProgressFields = Partial<Record<'place' | 'amount' | 'rate' | 'left' | 'note', string>>;

/** Fields to drop on a narrow terminal, first to last. The bar shows the amount too, but a download has no other field. */
const droppableFields = ({place}: ProgressFields): readonly (keyof ProgressFields)[] =>
  place === undefined ? ['note', 'rate', 'left'] : ['note', 'amount', 'rate'];

const amount = (value: number, unit: string): string =>
  unit === 'bytes' ? formatBytes(value) : formatInteger(Math.round(value));

/** @param rate units per second */
function rateFields({done, total, unit}: ProgressState, rate: number | undefined): ProgressFields {
  if (rate === undefined || rate <= 0) return {};
  const left = `${formatDuration((total - done) / rate)} left`;
  if (unit === 'seconds') return {left};
  const rateText = unit === 'bytes' || rate >= 10 ? amount(rate, unit) : rate.toFixed(1);
  return {
    rate: `${rateText}${unit === 'bytes' ? '' : ` ${unit}`}/s`,
    left,
  };
}

function progressFields(progress: ProgressState, rate: number | undefined): ProgressFields {
  const {done, total, unit, place, note} = progress;
  return {
    ...(place !== undefined && {place}),
    amount: `${amount(done, unit)} of ${amount(total, unit)}${unit === 'bytes' ? '' : ` ${unit}`}`,
    ...rateFields(progress, rate),
    ...(note !== undefined && {note}),
  };
}

/** Joins the fields that fit, without cutting numbers. */
function joinFitting(fields: ProgressFields, availableWidth: number): string {
  const remaining = {...fields};
  const text = (): string => Object.values(remaining).join(', ');
  for (const name of droppableFields(fields))
    if (text().length > availableWidth) delete remaining[name];
  return text().slice(0, availableWidth);
}

/**
 * Shows one activity at a time. A terminal gets a bar with rate and remaining time, redrawn at most ten times per second; other streams get
 * a plain line every ten seconds. It is redrawn only on updates, since training blocks timers.
 */
export class ProgressLine {
  #title = '';
  readonly #rateEstimator = new RateEstimator();
  #lastShownTime = -Infinity;

  /** @param clock returns the time in seconds */
  constructor(
    private readonly terminal: Terminal,
    private readonly clock: () => number = () => performance.now() / 1000,
  ) {}

  update(progress: ProgressState): void {
    const now = this.clock();
    if (progress.title !== this.#title) this.#begin(progress, now);
    this.#rateEstimator.update(progress.done, now);
    const {interactive} = this.terminal;
    if (now - this.#lastShownTime < (interactive ? REDRAW_SECONDS : LOG_SECONDS)) return;
    this.#lastShownTime = now;
    const line = this.#line(progress);
    if (interactive) this.terminal.draw(line);
    else this.terminal.log(line);
  }

  /** Removes the bar. */
  end(): void {
    this.#title = '';
    this.terminal.draw('');
  }

  #begin({title, done}: ProgressState, now: number): void {
    this.#title = title;
    this.#rateEstimator.start(done, now);
    // A short activity prints no plain line.
    this.#lastShownTime = this.terminal.interactive ? -Infinity : now;
  }

  #line(progress: ProgressState): string {
    const {title, done, total} = progress;
    const {dim} = this.terminal.style;
    const fraction = total === 0 ? 0 : Math.min(1, done / total);
    const fields = progressFields(progress, this.#rateEstimator.rate);
    if (!this.terminal.interactive)
      return `${title.padEnd(LABEL_WIDTH)}${formatFixedPercent(fraction, 0)}: ${joinFitting(fields, Infinity)}`;
    const width = barWidth(this.terminal.columns);
    const availableWidth = Math.max(0, this.terminal.columns - LABEL_WIDTH - width - 3);
    return `${title.padEnd(LABEL_WIDTH)}${formatBar(fraction, width)}  ${dim(joinFitting(fields, availableWidth))}`;
  }
}
