import {printable} from '../../core/text/printable.js';
import type {Activity, RunEvent, RunEventOf} from '../../finetune/events.js';
import type {Recipe} from '../../finetune/recipe/recipe.js';
import {
  describeHeadSolution,
  describeTransferCase,
} from '../../training/head-solver/describe-head-solution.js';
import {describeCalibration} from '../../training/calibration/temperature.js';
import {EpochTable, formatSelectionMetric} from './epoch-table.js';
import {formatFeatures} from './format-features.js';
import {describePhase} from './format-phases.js';
import {RunHeader, type RunHeaderOptions} from './run-header.js';
import {ProgressLine} from './screen/progress-line.js';
import type {Terminal} from './screen/terminal.js';
import {formatLabeled} from './screen/layout.js';

const ACTIVITY_LABELS: Readonly<Record<Activity, string>> = {
  backend: 'backend',
  weights: 'weights',
  decode: 'decoding',
  features: 'features',
  train: 'training',
  evaluate: 'evaluating',
  export: 'exporting',
};

export interface ConsoleViewOptions extends RunHeaderOptions {
  /** Whether metrics are printed as `name=value` lines, too. Default: `off`. */
  readonly metricLines?: ConstructorParameters<typeof EpochTable>[3];
  /** Returns the time in seconds. */
  readonly clock?: () => number;
}

/** Prints the events of a run as lines on standard error, with a progress bar on a terminal. */
export class ConsoleView {
  readonly #header: RunHeader;
  readonly #progress: ProgressLine;
  readonly #epochs: EpochTable;
  readonly #verbose: boolean;
  #recipe: Recipe | undefined;
  #imageCounts: Readonly<Record<'train' | 'validation', number>> = {train: 0, validation: 0};
  #phaseEpochs = 1;
  #lastEpoch: RunEventOf<'epoch'> | undefined;

  constructor(
    readonly terminal: Terminal,
    {
      verbose = false,
      metricLines,
      clock = () => performance.now() / 1000,
      ...options
    }: ConsoleViewOptions = {},
  ) {
    this.#verbose = verbose;
    this.#header = new RunHeader(terminal, {verbose, ...options});
    this.#epochs = new EpochTable(terminal, clock, verbose, metricLines);
    this.#progress = new ProgressLine(terminal, clock);
  }

  /** Called with every event of a run. */
  readonly listen = (event: RunEvent): void => {
    switch (event.type) {
      case 'info':
        return this.#logLine('info', printable(event.message), this.terminal.style.warn);
      case 'finding':
        return this.#header.addFinding(event.finding);
      case 'dataset':
        return this.#header.logDataset(event);
      case 'weights':
        return this.#header.logWeights(event);
      case 'recipe':
        this.#recipe = event.recipe;
        return this.#header.setRecipe(event);
      case 'split':
        this.#progress.end();
        this.#imageCounts = event;
        return this.#header.logSplit(event);
      case 'progress':
        return this.#updateProgress(event);
      case 'phase':
        return this.#beginPhase(event);
      case 'head-solved':
        this.#progress.end();
        this.#logLine('solved', describeHeadSolution(event.solution));
        return this.#logLine('case', describeTransferCase(event.solution));
      case 'calibrated':
        this.#progress.end();
        return this.#logLine('calibrated', describeCalibration(event.calibration));
      case 'features':
        return this.#logFeatures(event);
      case 'epoch':
        return this.#endEpoch(event);
      case 'traced':
        return this.#verbose ? this.#logLine('traced', event.step) : undefined;
      case 'checkpoint':
        return this.#verbose ? this.#logLine('checkpoint', printable(event.directory)) : undefined;
      case 'saved':
        return this.#progress.end();
    }
  };

  /** Prints the remaining findings and removes the progress bar. */
  close(): void {
    this.#progress.end();
    this.#header.logFindings();
  }

  #logLine(
    label: string,
    text: string,
    paint: (text: string) => string = this.terminal.style.dim,
  ): void {
    this.terminal.log(formatLabeled(paint, label, text, this.terminal.columns));
  }

  #updateProgress({activity, done, total, unit, step, epoch}: RunEventOf<'progress'>): void {
    if (epoch !== undefined) return this.#updateTraining(activity, done, epoch);
    this.#progress.update({title: step ?? ACTIVITY_LABELS[activity], done, total, unit});
    if (done >= total) this.#progress.end();
  }

  /** One bar for all epochs of a phase, validation included, so that it ends when the phase ends. */
  #updateTraining(activity: Activity, done: number, epoch: number): void {
    const {train, validation} = this.#imageCounts;
    const epochDone = activity === 'train' ? done : train + done;
    this.#progress.update({
      title: ACTIVITY_LABELS.train,
      place: `epoch ${epoch + 1}/${this.#phaseEpochs}`,
      done: epoch * (train + validation) + epochDone,
      total: this.#phaseEpochs * (train + validation),
      unit: 'images',
      ...(this.#lastEpoch !== undefined && {
        note: formatSelectionMetric(this.#lastEpoch, this.#classBalance),
      }),
    });
  }

  #logFeatures(event: RunEventOf<'features'>): void {
    this.#progress.end();
    this.#logLine('features', formatFeatures(event));
  }

  #beginPhase({index, phase, steps, cached, isSolved}: RunEventOf<'phase'>): void {
    this.#progress.end();
    this.#lastEpoch = undefined;
    this.#epochs.beginPhase();
    this.#phaseEpochs = phase.epochs;
    const recipe = this.#recipe;
    if (recipe === undefined) return this.#logLine('phase', phase.name);
    const [summary, details] = describePhase(phase, recipe, steps, cached, isSolved);
    const {bold, dim} = this.terminal.style;
    this.terminal.log('');
    this.#logLine(`phase ${index + 1}/${recipe.phases.length}`, summary, bold);
    this.#logLine('', dim(details));
  }

  #endEpoch(event: RunEventOf<'epoch'>): void {
    this.#lastEpoch = event;
    if (event.epoch + 1 === event.epochs) this.#progress.end();
    this.#epochs.add(event, this.#classBalance);
  }

  get #classBalance(): Recipe['classBalance'] {
    return this.#recipe?.classBalance ?? 'none';
  }
}
