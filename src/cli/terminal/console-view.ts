import {printable} from '../../core/text/printable.js';
import type {Finding} from '../../core/finding.js';
import type {Activity, RunEvent} from '../../finetune/events.js';
import type {Recipe} from '../../finetune/recipe/recipe.js';
import {formatCount, formatInteger} from '../../core/text/format-count.js';
import {
  describeHeadSolution,
  describeTransferCase,
} from '../../training/head-solver/describe-head-solution.js';
import {describeCalibration} from '../../training/calibration/temperature.js';
import {EpochTable, formatSelectionMetric} from './epoch-table.js';
import {formatFeatures} from './format-features.js';
import {formatFindings} from './format-findings.js';
import {describePhase, describeRecipe} from './format-phases.js';
import {shortPath} from './format.js';
import {ProgressLine} from './screen/progress-line.js';
import type {Terminal} from './screen/terminal.js';
import {truncateMiddle, LABEL_WIDTH, formatLabeled, displayWidth} from './screen/layout.js';

type RunEventOf<Type extends RunEvent['type']> = Extract<RunEvent, {readonly type: Type}>;

const ACTIVITY_LABELS: Readonly<Record<Activity, string>> = {
  backend: 'backend',
  weights: 'weights',
  decode: 'decoding',
  features: 'features',
  train: 'training',
  evaluate: 'evaluating',
  export: 'exporting',
};

export interface ConsoleViewOptions {
  readonly verbose?: boolean;
  /** Whether metrics are printed as `name=value` lines, too. Default: `off`. */
  readonly metricLines?: ConstructorParameters<typeof EpochTable>[3];
  /** Path to show instead of the folder: an image list that the user named. */
  readonly data?: string;
  /** Returns the time in seconds. */
  readonly clock?: () => number;
}

/** Prints the events of a run as lines on standard error, with a progress bar on a terminal. */
export class ConsoleView {
  readonly #progress: ProgressLine;
  readonly #epochs: EpochTable;
  readonly #verbose: boolean;
  readonly #data: string | undefined;
  readonly #findings: Finding[] = [];
  #recipe: RunEventOf<'recipe'> | undefined;
  #imageCounts = {train: 0, validation: 0};
  #phaseEpochs = 1;
  #lastEpoch: RunEventOf<'epoch'> | undefined;

  constructor(
    readonly terminal: Terminal,
    {
      verbose = false,
      metricLines,
      data,
      clock = () => performance.now() / 1000,
    }: ConsoleViewOptions = {},
  ) {
    this.#verbose = verbose;
    this.#data = data;
    this.#epochs = new EpochTable(terminal, clock, verbose, metricLines);
    this.#progress = new ProgressLine(terminal, clock);
  }

  /** Called with every event of a run. */
  readonly listen = (event: RunEvent): void => {
    switch (event.type) {
      case 'info':
        return this.#logLine('info', printable(event.message), this.terminal.style.warn);
      case 'finding':
        return void this.#findings.push(event.finding);
      case 'dataset':
        return this.#logPath(
          'dataset',
          this.#data ?? shortPath(event.root),
          `: ${formatCount(event.images, 'image')} in ${formatCount(event.classes, 'class', 'classes')}`,
        );
      case 'weights':
        return this.#logWeights(event);
      case 'recipe':
        return void (this.#recipe = event);
      case 'split':
        return this.#logSplit(event);
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
    this.#logFindings();
  }

  #logLine(
    label: string,
    text: string,
    paint: (text: string) => string = this.terminal.style.dim,
  ): void {
    this.terminal.log(formatLabeled(paint, label, text, this.terminal.columns));
  }

  /** Logs a path and a text in one line. The middle of the path is cut if the line is too narrow. */
  #logPath(label: string, path: string, rest: string, before = ''): void {
    const width = this.terminal.columns - LABEL_WIDTH - displayWidth(before + rest);
    this.#logLine(label, before + truncateMiddle(printable(path), Math.max(20, width)) + rest);
  }

  #logWeights({name, path}: RunEventOf<'weights'>): void {
    if (path === null)
      return this.#logLine('weights', 'none: the backbone starts from random numbers');
    this.#logPath('weights', path, '', name === path ? '' : `${printable(name)}, from `);
  }

  #logSplit({train, validation, test}: RunEventOf<'split'>): void {
    this.#progress.end();
    this.#imageCounts = {train, validation};
    const counts = [
      `${formatInteger(train)} to train`,
      `${formatInteger(validation)} to validate`,
      ...(test > 0 ? [`${formatInteger(test)} to test`] : []),
    ];
    this.#logLine('split', counts.join(', '));
    this.#logFindings();
    if (this.#recipe !== undefined) this.#logRecipe(this.#recipe);
  }

  #logFindings(): void {
    for (const line of formatFindings(
      this.#findings.splice(0),
      this.terminal.style,
      this.terminal.columns,
      this.#verbose,
    )) {
      this.terminal.log(line);
    }
  }

  #logRecipe({recipe, reasons}: RunEventOf<'recipe'>): void {
    this.#logLine('recipe', describeRecipe(recipe));
    for (const reason of reasons) this.#logLine('', reason);
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
    const recipe: Recipe | undefined = this.#recipe?.recipe;
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
    return this.#recipe?.recipe.classBalance ?? 'none';
  }
}
