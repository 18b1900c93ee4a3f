import {count, duration} from '../report/format.js';
import type {Terminal} from './terminal.js';
import {bytes, percent, LABEL_WIDTH} from './words.js';

const REDRAW_SECONDS = 0.1;
/** Between lines where nothing can be drawn over. */
const PLAIN_SECONDS = 10;
/** On a narrow terminal the figures need the room. */
const barWidth = (columns: number): number => (columns < 100 ? 12 : 24);
/** A rate measured over less says nothing yet. */
const MEASURE_SECONDS = 0.5;

/** How far something is. */
export interface Progress {
  readonly title: string;
  readonly done: number;
  readonly total: number;
  /** `images`, `bytes` ... */
  readonly unit: string;
  /** Said behind the numbers. */
  readonly note?: string;
}

function bar(share: number, width: number): string {
  const eighths = Math.round(share * width * 8);
  const full = '█'.repeat(Math.floor(eighths / 8));
  const part = eighths % 8 === 0 ? '' : '▏▎▍▌▋▊▉'[(eighths % 8) - 1]!;
  return (full + part).padEnd(width, '░');
}

const amount = (value: number, unit: string): string => (unit === 'bytes' ? bytes(value) : count(Math.round(value)));

function speed({done, total, unit}: Progress, seconds: number, before: number): string[] {
  const rate = (done - before) / seconds;
  if (seconds < MEASURE_SECONDS || rate <= 0 || !Number.isFinite(rate)) return [];
  const figure = unit === 'bytes' || rate >= 10 ? amount(rate, unit) : rate.toFixed(1);
  return [`${figure}${unit === 'bytes' ? '' : ` ${unit}`}/s`, `${duration((total - done) / rate)} left`];
}

/** As many whole figures as there is room for; the rate, behind the amount, is the first to go. */
function fitting(figures: readonly string[], room: number): string {
  const kept = [...figures];
  while (kept.length > 1 && kept.join(', ').length > room) kept.splice(1, 1);
  return kept.join(', ').slice(0, room);
}

/**
 * One progress at a time: a bar with rate and remaining time on a terminal, drawn at most ten times a second; elsewhere a plain line
 * every ten seconds. It moves only when told, since training keeps the thread from timers.
 */
export class ProgressLine {
  #title = '';
  #begun = 0;
  #before = 0;
  #shown = -Infinity;

  /** @param clock seconds */
  constructor(
    private readonly terminal: Terminal,
    private readonly clock: () => number = () => performance.now() / 1000,
  ) {}

  update(progress: Progress): void {
    const now = this.clock();
    if (progress.title !== this.#title) this.#begin(progress, now);
    const {interactive} = this.terminal;
    if (now - this.#shown < (interactive ? REDRAW_SECONDS : PLAIN_SECONDS)) return;
    this.#shown = now;
    const line = this.#line(progress, now - this.#begun);
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
    this.#begun = now;
    this.#before = done;
    // A short activity needs no plain line at all.
    this.#shown = this.terminal.interactive ? -Infinity : now;
  }

  #line(progress: Progress, seconds: number): string {
    const {title, done, total, unit, note} = progress;
    const {dim} = this.terminal.style;
    const share = total === 0 ? 0 : Math.min(1, done / total);
    const figures = [
      `${amount(done, unit)} of ${amount(total, unit)}${unit === 'bytes' ? '' : ` ${unit}`}`,
      ...speed(progress, seconds, this.#before),
      ...(note === undefined ? [] : [note]),
    ];
    if (!this.terminal.interactive) return `${title.padEnd(LABEL_WIDTH)}${percent(share, 0)}: ${figures.join(', ')}`;
    const width = barWidth(this.terminal.columns);
    const room = Math.max(0, this.terminal.columns - LABEL_WIDTH - width - 3);
    return `${title.padEnd(LABEL_WIDTH)}${bar(share, width)}  ${dim(fitting(figures, room))}`;
  }
}
