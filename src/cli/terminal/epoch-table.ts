import type {RunEvent} from '../../finetune/events.js';
import {formatDuration} from '../../report/format.js';
import type {ClassBalance} from '../../training/loop/class-balance.js';
import {metricForBestModel} from '../../training/loop/class-balance.js';
import {MetricLines, type MetricLinesMode} from './metric-lines.js';
import type {Terminal} from './screen/terminal.js';
import {formatSparkline, LABEL_WIDTH} from './screen/layout.js';
import {formatFixedPercent} from '../../core/text/format-percent.js';

type EpochEvent = Extract<RunEvent, {readonly type: 'epoch'}>;

/** Minimum time between two lines. Epochs on cached features take milliseconds, faster than a user can read. */
const MIN_INTERVAL_SECONDS = 1;

/** Fewer epochs are read as fast in the table. */
const MIN_CURVE_EPOCHS = 5;

/** The first column shares the width of the labels. */
const COLUMN_WIDTHS = [LABEL_WIDTH - 2, 10, 8, 12, 13, 10];
/** Columns to leave out on a narrow terminal, first to last: learning rate, time, losses. */
const DROPPABLE_COLUMNS = [4, 5, 1, 2];
const BEST_MARK = '  best';

/** The columns that fit, with the mark of the best epoch. */
function fittingColumns(columns: number): number[] {
  const shown = new Set(COLUMN_WIDTHS.keys());
  const width = (): number =>
    [...shown].reduce((sum, column) => sum + COLUMN_WIDTHS[column]! + 2, BEST_MARK.length - 2);
  for (const column of DROPPABLE_COLUMNS) if (width() > columns) shown.delete(column);
  return [...shown];
}

const formatRow = (cells: readonly string[], columns: number): string =>
  fittingColumns(columns)
    .map(column => cells[column]!.padStart(COLUMN_WIDTHS[column]!))
    .join('  ');

const formatEpochTime = (seconds: number): string =>
  seconds < 0.0995 ? `${Math.round(seconds * 1000)} ms` : formatDuration(seconds);

/** Six decimals, or two decimals in exponential notation below 1e-4. A solved head has none. */
const formatLearningRate = (lr: number | null): string =>
  lr === null ? '-' : lr >= 1e-4 ? lr.toFixed(6) : lr.toExponential(2);

/** Table of the epochs of a run, with fixed columns. The epoch whose weights are kept is always listed. */
export class EpochTable {
  #hasHeader = false;
  #lastShownTime = -Infinity;
  /** Metric for the best model of each epoch of the phase. */
  #values: number[] = [];
  /** Best epoch of the run so far, and whether its line was skipped. */
  #best: EpochEvent | undefined;
  #bestIsHidden = false;
  readonly #metricLines: MetricLines;

  /**
   * @param clock returns the time in seconds
   * @param metricLines whether every epoch is printed as a `name=value` line instead of a row
   */
  constructor(
    readonly terminal: Terminal,
    readonly clock: () => number,
    readonly verbose: boolean,
    metricLines: MetricLinesMode = 'off',
  ) {
    this.#metricLines = new MetricLines(terminal, metricLines);
  }

  beginPhase(): void {
    this.#lastShownTime = -Infinity;
    this.#values = [];
  }

  /** @param classBalance setting of the recipe, which determines the metric for the best model */
  add(event: EpochEvent, classBalance: ClassBalance): void {
    this.#metricLines.writeEpoch(event);
    this.#values.push(selectionValue(event, classBalance));
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
    if (!last) return;
    this.#logCurve(classBalance);
    this.#logBestEpoch(event, classBalance);
  }

  /** Draws the metric of all epochs of the phase in one line. */
  #logCurve(classBalance: ClassBalance): void {
    if (this.#values.length < MIN_CURVE_EPOCHS) return;
    const percents = [Math.min(...this.#values), Math.max(...this.#values)].map(value =>
      formatFixedPercent(value),
    );
    const name = metricForBestModel(classBalance) === 'balancedAccuracy' ? 'balanced' : 'accuracy';
    const text = `${formatSparkline(this.#values)}  ${name} by epoch, ${percents.join(' to ')}`;
    this.terminal.log(this.terminal.style.dim(`${'curve'.padEnd(LABEL_WIDTH)}${text}`));
  }

  /** Logs which weights are kept, unless they are those of the last line. */
  #logBestEpoch(last: EpochEvent, classBalance: ClassBalance): void {
    const best = this.#best;
    if (best === undefined || best === last) return;
    const {dim} = this.terminal.style;
    const text = `epoch ${best.epoch + 1} of ${best.phase}, ${formatSelectionMetric(best, classBalance)}`;
    this.terminal.log(dim(`${'kept'.padEnd(LABEL_WIDTH)}${text}`));
  }

  #logEpoch(event: EpochEvent, classBalance: ClassBalance): void {
    if (this.#metricLines.isOn) return;
    const {
      columns,
      style: {good, dim},
    } = this.terminal;
    const {epoch, epochs, trainingLoss, metrics, learningRate, best, seconds} = event;
    if (!this.#hasHeader) {
      const metricTitle =
        metricForBestModel(classBalance) === 'balancedAccuracy' ? 'val balanced' : 'val accuracy';
      this.terminal.log(
        dim(
          formatRow(
            ['epoch', 'train loss', 'val loss', metricTitle, 'learning rate', 'time'],
            columns,
          ),
        ),
      );
    }
    this.#hasHeader = true;
    const values = [
      trainingLoss.toFixed(4),
      metrics.loss.toFixed(4),
      formatFixedPercent(selectionValue(event, classBalance)),
      formatLearningRate(learningRate),
    ];
    const line = formatRow(
      [`${epoch + 1}/${epochs}`, ...values, formatEpochTime(seconds)],
      columns,
    );
    this.terminal.log(best ? `${line}${good(BEST_MARK)}` : line);
  }
}

const selectionValue = ({metrics}: EpochEvent, classBalance: ClassBalance): number =>
  metrics[metricForBestModel(classBalance)];

/** Value of the metric for the best model: `accuracy 50.0 %`. */
export const formatSelectionMetric = (event: EpochEvent, classBalance: ClassBalance): string =>
  `${metricForBestModel(classBalance) === 'balancedAccuracy' ? 'balanced accuracy' : 'accuracy'} ${formatFixedPercent(selectionValue(event, classBalance))}`;
