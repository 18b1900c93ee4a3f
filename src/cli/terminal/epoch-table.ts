import type {RunEvent} from '../../finetune/events.js';
import {formatDuration} from '../../report/format.js';
import type {ClassBalance} from '../../training/loop/class-balance.js';
import {metricForBestModel} from '../../training/loop/class-balance.js';
import type {Terminal} from './screen/terminal.js';
import {LABEL_WIDTH} from './screen/layout.js';
import {formatFixedPercent} from './format.js';

type EpochEvent = Extract<RunEvent, {readonly type: 'epoch'}>;

/** Epochs on cached features take milliseconds; a line every two seconds is as much as a person reads. */
const MIN_INTERVAL_SECONDS = 2;

/** The first column lies in the labels. */
const COLUMN_WIDTHS = [LABEL_WIDTH - 2, 10, 8, 12, 13, 10];

const formatRow = (cells: readonly string[]): string =>
  cells.map((cell, i) => cell.padStart(COLUMN_WIDTHS[i]!)).join('  ');

const formatEpochTime = (seconds: number): string =>
  seconds < 0.0995 ? `${Math.round(seconds * 1000)} ms` : formatDuration(seconds);

/** Six decimals, or as many digits of what is smaller. */
const formatLearningRate = (lr: number): string =>
  lr >= 1e-4 ? lr.toFixed(6) : lr.toExponential(2);

/** The epochs of a run as one table, in columns that do not move; the one whose weights are kept is always among them. */
export class EpochTable {
  #hasHeader = false;
  #lastShownTime = -Infinity;
  /** The best of the run so far, and whether its line was left out. */
  #best: EpochEvent | undefined;
  #bestIsHidden = false;

  /** @param clock seconds */
  constructor(
    readonly terminal: Terminal,
    readonly clock: () => number,
    readonly verbose: boolean,
  ) {}

  beginPhase(): void {
    this.#lastShownTime = -Infinity;
  }

  /** @param classBalance of the recipe, which says what the best epoch is chosen by */
  add(event: EpochEvent, classBalance: ClassBalance): void {
    const last = event.epoch + 1 === event.epochs;
    const now = this.clock();
    const isShown =
      this.verbose ||
      last ||
      event.epoch === 0 ||
      now - this.#lastShownTime >= MIN_INTERVAL_SECONDS;
    if (isShown && this.#bestIsHidden && !event.best) this.#logEpoch(this.#best!, classBalance);
    if (event.best) this.#best = event;
    if (event.best || isShown) this.#bestIsHidden = event.best && !isShown;
    if (!isShown) return;
    this.#lastShownTime = now;
    this.#logEpoch(event, classBalance);
    if (last) this.#logBestEpoch(event, classBalance);
  }

  /** Which weights are kept, where it is not those of the line above. */
  #logBestEpoch(last: EpochEvent, classBalance: ClassBalance): void {
    const best = this.#best;
    if (best === undefined || best === last) return;
    const {dim} = this.terminal.style;
    const text = `epoch ${best.epoch + 1} of ${best.phase}, ${formatSelectionMetric(best, classBalance)}`;
    this.terminal.log(dim(`${'kept'.padEnd(LABEL_WIDTH)}${text}`));
  }

  #logEpoch(event: EpochEvent, classBalance: ClassBalance): void {
    const {good, dim} = this.terminal.style;
    const {epoch, epochs, trainingLoss, metrics, learningRate, best, seconds} = event;
    if (!this.#hasHeader) {
      const metricTitle =
        metricForBestModel(classBalance) === 'balancedAccuracy' ? 'val balanced' : 'val accuracy';
      this.terminal.log(
        dim(formatRow(['epoch', 'train loss', 'val loss', metricTitle, 'learning rate', 'time'])),
      );
    }
    this.#hasHeader = true;
    const values = [
      trainingLoss.toFixed(4),
      metrics.loss.toFixed(4),
      formatFixedPercent(selectionValue(event, classBalance)),
      formatLearningRate(learningRate),
    ];
    const line = formatRow([`${epoch + 1}/${epochs}`, ...values, formatEpochTime(seconds)]);
    this.terminal.log(best ? `${line}  ${good('best')}` : line);
  }
}

const selectionValue = ({metrics}: EpochEvent, classBalance: ClassBalance): number =>
  metrics[metricForBestModel(classBalance)];

/** `accuracy 50.0 %`: the measure by which the best epoch is chosen. */
export const formatSelectionMetric = (event: EpochEvent, classBalance: ClassBalance): string =>
  `${metricForBestModel(classBalance) === 'balancedAccuracy' ? 'balanced accuracy' : 'accuracy'} ${formatFixedPercent(selectionValue(event, classBalance))}`;
