import type {RunEvent} from '../finetune/events.js';
import {duration} from '../report/format.js';
import type {Balance} from '../training/balance.js';
import {measureOf} from '../training/balance.js';
import type {Terminal} from './terminal.js';
import {LABEL_WIDTH} from './layout.js';
import {percent} from './words.js';

type Epoch = Extract<RunEvent, {readonly type: 'epoch'}>;

/** Epochs on cached features take milliseconds; a line every two seconds is as much as a person reads. */
const SECONDS = 2;

/** The first column lies in the labels. */
const WIDTHS = [LABEL_WIDTH - 2, 10, 8, 12, 13, 10];

const row = (cells: readonly string[]): string => cells.map((cell, i) => cell.padStart(WIDTHS[i]!)).join('  ');

const epochTime = (seconds: number): string => (seconds < 0.0995 ? `${Math.round(seconds * 1000)} ms` : duration(seconds));

/** Six decimals, or as many digits of what is smaller. */
const rateText = (rate: number): string => (rate >= 1e-4 ? rate.toFixed(6) : rate.toExponential(2));

/** The epochs of a run as one table, in columns that do not move; the one whose weights are kept is always among them. */
export class EpochTable {
  #headed = false;
  #shownAt = -Infinity;
  /** The best of the run so far, and whether its line was left out. */
  #best: Epoch | undefined;
  #bestIsHidden = false;

  /** @param clock seconds */
  constructor(
    readonly terminal: Terminal,
    readonly clock: () => number,
    readonly verbose: boolean,
  ) {}

  beginPhase(): void {
    this.#shownAt = -Infinity;
  }

  /** @param balance of the recipe, which says what the best epoch is chosen by */
  add(event: Epoch, balance: Balance): void {
    const last = event.epoch + 1 === event.epochs;
    const now = this.clock();
    const isShown = this.verbose || last || event.epoch === 0 || now - this.#shownAt >= SECONDS;
    if (isShown && this.#bestIsHidden && !event.best) this.#print(this.#best!, balance);
    if (event.best) this.#best = event;
    if (event.best || isShown) this.#bestIsHidden = event.best && !isShown;
    if (!isShown) return;
    this.#shownAt = now;
    this.#print(event, balance);
    if (last) this.#tellKept(event, balance);
  }

  /** Which weights are kept, where it is not those of the line above. */
  #tellKept(last: Epoch, balance: Balance): void {
    const best = this.#best;
    if (best === undefined || best === last) return;
    const {dim} = this.terminal.style;
    const text = `epoch ${best.epoch + 1} of ${best.phase}, ${measured(best, balance)}`;
    this.terminal.log(dim(`${'kept'.padEnd(LABEL_WIDTH)}${text}`));
  }

  #print(event: Epoch, balance: Balance): void {
    const {good, dim} = this.terminal.style;
    const {epoch, epochs, trainingLoss, metrics, learningRate, best, seconds} = event;
    if (!this.#headed) {
      const measure = measureOf(balance) === 'balancedAccuracy' ? 'val balanced' : 'val accuracy';
      this.terminal.log(dim(row(['epoch', 'train loss', 'val loss', measure, 'learning rate', 'time'])));
    }
    this.#headed = true;
    const figures = [trainingLoss.toFixed(4), metrics.loss.toFixed(4), percent(valueOf(event, balance)), rateText(learningRate)];
    const line = row([`${epoch + 1}/${epochs}`, ...figures, epochTime(seconds)]);
    this.terminal.log(best ? `${line}  ${good('best')}` : line);
  }
}

const valueOf = ({metrics}: Epoch, balance: Balance): number => metrics[measureOf(balance)];

/** `accuracy 50.0 %`: the measure by which the best epoch is chosen. */
export const measured = (event: Epoch, balance: Balance): string =>
  `${measureOf(balance) === 'balancedAccuracy' ? 'balanced accuracy' : 'accuracy'} ${percent(valueOf(event, balance))}`;
