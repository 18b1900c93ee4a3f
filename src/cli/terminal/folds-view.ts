import type {RunEvent, RunEventOf} from '../../finetune/events.js';
import type {Recipe} from '../../finetune/recipe/recipe.js';
import {trainsOnlyHead} from '../../finetune/recipe/phases.js';
import type {Phase} from '../../finetune/recipe/phases.js';
import {formatDuration} from '../../report/format.js';
import {ConsoleView, type ConsoleViewOptions} from './console-view.js';
import {ProgressLine} from './screen/progress-line.js';
import type {Terminal} from './screen/terminal.js';
import {LABEL_WIDTH} from './screen/layout.js';
import {formatFixedPercent} from '../../core/text/format-percent.js';

/** Events that all folds share. Only the first trained fold shows them. */
const SHARED_EVENTS: ReadonlySet<RunEvent['type']> = new Set([
  'recipe',
  'dataset',
  'weights',
  'split',
  'finding',
  'info',
  'features',
]);
/** Progress of images and weights, which all folds share. Other progress is counted over all folds. */
const SHARED_ACTIVITIES: ReadonlySet<string> = new Set(['weights', 'decode', 'features']);

const formatCell = (text: string, width = 10): string => text.padStart(width);

/** Prints the events of a cross-validation: one header, one line per fold, and one bar with the time left for all folds. */
export class FoldsView {
  readonly #header: ConsoleView;
  readonly #progress: ProgressLine;
  readonly #recipe: Recipe;
  readonly #terminal: Terminal;
  readonly #verbose: boolean;
  #fold = 0;
  #folds = 1;
  /** Number of folds that another process trained. */
  #resumedFolds = 0;
  /** First fold that is trained in this process. */
  #firstTrainedFold: number | undefined;
  #hasTable = false;
  #phase = 0;
  #imageCounts = {train: 0, validation: 0};

  constructor(terminal: Terminal, recipe: Recipe, options: ConsoleViewOptions = {}) {
    this.#terminal = terminal;
    this.#recipe = recipe;
    this.#verbose = options.verbose === true;
    this.#header = new ConsoleView(terminal, options);
    this.#progress = new ProgressLine(terminal, options.clock);
  }

  /** Called with every event of the folds. */
  readonly listen = (event: RunEvent): void => {
    if (event.type === 'fold') return this.#beginFold(event);
    if (event.type === 'fold-end') return this.#endFold(event);
    if (event.type === 'split') this.#imageCounts = event;
    if (event.type === 'phase') this.#phase = event.index;
    if (event.type === 'progress' && event.epoch !== undefined) return this.#updateProgress(event);
    const isShared =
      SHARED_EVENTS.has(event.type) ||
      (event.type === 'progress' && SHARED_ACTIVITIES.has(event.activity));
    const isShown = isShared
      ? this.#firstTrainedFold === undefined || this.#fold === this.#firstTrainedFold
      : this.#verbose;
    if (isShown) this.#header.listen(event);
  };

  close(): void {
    this.#progress.end();
    this.#header.close();
  }

  #beginFold({number, folds}: RunEventOf<'fold'>): void {
    [this.#fold, this.#folds, this.#phase] = [number, folds, 0];
  }

  /** A solved phase counts as one epoch. */
  #epochsOf(phase: Phase): number {
    return this.#recipe.headSolver === 'lbfgs' && trainsOnlyHead(phase) ? 1 : phase.epochs;
  }

  /** Number of images that a fold trains and validates on in its first `phases` phases. */
  #countImages(phases: number): number {
    const {train, validation} = this.#imageCounts;
    return this.#recipe.phases
      .slice(0, phases)
      .reduce((sum, phase) => sum + this.#epochsOf(phase) * (train + validation), 0);
  }

  #updateProgress({activity, done, epoch = 0}: RunEventOf<'progress'>): void {
    this.#firstTrainedFold ??= this.#fold;
    const {train, validation} = this.#imageCounts;
    const epochDone = activity === 'train' ? done : train + done;
    const foldDone = this.#countImages(this.#phase) + epoch * (train + validation) + epochDone;
    const foldTotal = this.#countImages(Infinity);
    this.#progress.update({
      title: 'training',
      place: `fold ${this.#fold}/${this.#folds}`,
      done: (this.#fold - 1 - this.#resumedFolds) * foldTotal + foldDone,
      total: (this.#folds - this.#resumedFolds) * foldTotal,
      unit: 'images',
    });
  }

  #endFold({number, folds, metrics, seconds, isResumed}: RunEventOf<'fold-end'>): void {
    if (isResumed) this.#resumedFolds++;
    else this.#firstTrainedFold ??= number;
    // Findings about features appear after the header and before the table.
    this.#header.close();
    const {style} = this.#terminal;
    if (!this.#hasTable) {
      const titles = ['accuracy', 'balanced', 'loss', 'images', 'time']
        .map(title => formatCell(title))
        .join('');
      this.#terminal.log(`\n${style.dim(`${'fold'.padEnd(LABEL_WIDTH)}${titles}`)}`);
    }
    this.#hasTable = true;
    const {accuracy, balancedAccuracy, loss, numImages} = metrics;
    const values = [
      formatFixedPercent(accuracy),
      formatFixedPercent(balancedAccuracy),
      loss.toFixed(4),
      String(numImages),
      formatDuration(seconds),
    ];
    const note = isResumed ? style.dim('  resumed') : '';
    this.#terminal.log(
      `${`${number}/${folds}`.padEnd(LABEL_WIDTH)}${values.map(figure => formatCell(figure)).join('')}${note}`,
    );
  }
}
