import {count, duration} from '../report/format.js';
import {Pace} from './pace.js';
import type {Terminal} from './terminal.js';
import {bar, LABEL_WIDTH} from './layout.js';
import {bytes, percent} from './words.js';

const REDRAW_SECONDS = 0.1;
/** Between lines where nothing can be drawn over. */
const PLAIN_SECONDS = 10;
/** On a narrow terminal the figures need the room. */
const barWidth = (columns: number): number => (columns < 100 ? 12 : columns < 120 ? 16 : 24);

/** How far something is. */
export interface Progress {
  readonly title: string;
  readonly done: number;
  readonly total: number;
  /** `images`, `bytes` ... */
  readonly unit: string;
  /** Said before the numbers: `epoch 2/5`. */
  readonly place?: string;
  /** Said behind the numbers. */
  readonly note?: string;
}

/** What is said beside a bar, in this order. */
type Figures = Partial<Record<'place' | 'amount' | 'rate' | 'left' | 'note', string>>;

/** What goes where there is no room for all of it, the first first: the bar shows the amount, too, but it is all that a download has. */
const expendable = ({place}: Figures): readonly (keyof Figures)[] =>
  place === undefined ? ['note', 'rate', 'left'] : ['note', 'amount', 'rate'];

const amount = (value: number, unit: string): string => (unit === 'bytes' ? bytes(value) : count(Math.round(value)));

/** @param rate units a second */
function speed({done, total, unit}: Progress, rate: number | undefined): Figures {
  if (rate === undefined || rate <= 0) return {};
  const figure = unit === 'bytes' || rate >= 10 ? amount(rate, unit) : rate.toFixed(1);
  return {rate: `${figure}${unit === 'bytes' ? '' : ` ${unit}`}/s`, left: `${duration((total - done) / rate)} left`};
}

function figuresOf(progress: Progress, rate: number | undefined): Figures {
  const {done, total, unit, place, note} = progress;
  return {
    ...(place !== undefined && {place}),
    amount: `${amount(done, unit)} of ${amount(total, unit)}${unit === 'bytes' ? '' : ` ${unit}`}`,
    ...speed(progress, rate),
    ...(note !== undefined && {note}),
  };
}

/** As many whole figures as there is room for. */
function fitting(figures: Figures, room: number): string {
  const kept = {...figures};
  const text = (): string => Object.values(kept).join(', ');
  for (const name of expendable(figures)) if (text().length > room) delete kept[name];
  return text().slice(0, room);
}

/**
 * One progress at a time: a bar with rate and remaining time on a terminal, drawn at most ten times a second; elsewhere a plain line
 * every ten seconds. It moves only when told, since training keeps the thread from timers.
 */
export class ProgressLine {
  #title = '';
  readonly #pace = new Pace();
  #shown = -Infinity;

  /** @param clock seconds */
  constructor(
    private readonly terminal: Terminal,
    private readonly clock: () => number = () => performance.now() / 1000,
  ) {}

  update(progress: Progress): void {
    const now = this.clock();
    if (progress.title !== this.#title) this.#begin(progress, now);
    this.#pace.reached(progress.done, now);
    const {interactive} = this.terminal;
    if (now - this.#shown < (interactive ? REDRAW_SECONDS : PLAIN_SECONDS)) return;
    this.#shown = now;
    const line = this.#line(progress);
    if (interactive) this.terminal.draw(line);
    else this.terminal.log(line);
  }

  /** Takes the bar away. */
  end(): void {
    this.#title = '';
    this.terminal.draw('');
  }

  #begin({title, done}: Progress, now: number): void {
    this.#title = title;
    this.#pace.start(done, now);
    // A short activity needs no plain line at all.
    this.#shown = this.terminal.interactive ? -Infinity : now;
  }

  #line(progress: Progress): string {
    const {title, done, total} = progress;
    const {dim} = this.terminal.style;
    const share = total === 0 ? 0 : Math.min(1, done / total);
    const figures = figuresOf(progress, this.#pace.rate);
    if (!this.terminal.interactive) return `${title.padEnd(LABEL_WIDTH)}${percent(share, 0)}: ${fitting(figures, Infinity)}`;
    const width = barWidth(this.terminal.columns);
    const room = Math.max(0, this.terminal.columns - LABEL_WIDTH - width - 3);
    return `${title.padEnd(LABEL_WIDTH)}${bar(share, width)}  ${dim(fitting(figures, room))}`;
  }
}
