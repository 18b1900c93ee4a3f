import type {RunEvent} from '../finetune/events.js';
import type {Recipe} from '../finetune/recipe.js';
import {duration} from '../report/format.js';
import {ConsoleView, type ViewOptions} from './console-view.js';
import {ProgressLine} from './progress-line.js';
import type {Terminal} from './terminal.js';
import {LABEL_WIDTH} from './layout.js';
import {percent} from './words.js';

type Event<Type extends RunEvent['type']> = Extract<RunEvent, {readonly type: Type}>;

/** Said once, by the first fold that is trained: what all folds have in common. */
const COMMON: ReadonlySet<RunEvent['type']> = new Set(['recipe', 'dataset', 'weights', 'split', 'finding', 'notice', 'features']);
/** Of the images and the weights, which all folds share; everything else is counted over all folds. */
const SHARED: ReadonlySet<string> = new Set(['weights', 'decode', 'features']);

const cell = (text: string, width = 10): string => text.padStart(width);

/** Turns what a cross-validation says into one header, a line for each fold, and one bar whose time left is that of all folds. */
export class FoldsView {
  readonly #header: ConsoleView;
  readonly #progress: ProgressLine;
  readonly #recipe: Recipe;
  readonly #terminal: Terminal;
  readonly #verbose: boolean;
  #fold = 0;
  #folds = 1;
  /** Folds that were trained by another process. */
  #known = 0;
  /** The first fold that is trained here. */
  #first: number | undefined;
  #hasTable = false;
  #phase = 0;
  #images = {train: 0, validation: 0};

  constructor(terminal: Terminal, recipe: Recipe, options: ViewOptions = {}) {
    this.#terminal = terminal;
    this.#recipe = recipe;
    this.#verbose = options.verbose === true;
    this.#header = new ConsoleView(terminal, options);
    this.#progress = new ProgressLine(terminal, options.clock);
  }

  /** Called for every event of the folds. */
  readonly listen = (event: RunEvent): void => {
    if (event.type === 'fold') return this.#begin(event);
    if (event.type === 'fold-end') return this.#end(event);
    if (event.type === 'split') this.#images = event;
    if (event.type === 'phase') this.#phase = event.index;
    if (event.type === 'progress' && event.epoch !== undefined) return this.#training(event);
    const isCommon = COMMON.has(event.type) || (event.type === 'progress' && SHARED.has(event.activity));
    const isShown = isCommon ? this.#first === undefined || this.#fold === this.#first : this.#verbose;
    if (isShown) this.#header.listen(event);
  };

  close(): void {
    this.#progress.end();
    this.#header.close();
  }

  #begin({number, folds}: Event<'fold'>): void {
    [this.#fold, this.#folds, this.#phase] = [number, folds, 0];
  }

  /** Images that a fold trains and validates on in the phases up to one. */
  #work(until: number): number {
    const {train, validation} = this.#images;
    return this.#recipe.freeze.slice(0, until).reduce((sum, {epochs}) => sum + epochs * (train + validation), 0);
  }

  #training({activity, done, epoch = 0}: Event<'progress'>): void {
    this.#first ??= this.#fold;
    const {train, validation} = this.#images;
    const ofEpoch = activity === 'train' ? done : train + done;
    const ofFold = this.#work(this.#phase) + epoch * (train + validation) + ofEpoch;
    const whole = this.#work(Infinity);
    this.#progress.update({
      title: 'training',
      place: `fold ${this.#fold}/${this.#folds}`,
      done: (this.#fold - 1 - this.#known) * whole + ofFold,
      total: (this.#folds - this.#known) * whole,
      unit: 'images',
    });
  }

  #end({number, folds, metrics, seconds, known}: Event<'fold-end'>): void {
    if (known) this.#known++;
    else this.#first ??= number;
    // Findings of features come after the header, and before the table.
    this.#header.close();
    const {style} = this.#terminal;
    if (!this.#hasTable) {
      const titles = ['accuracy', 'balanced', 'loss', 'images', 'time'].map(title => cell(title)).join('');
      this.#terminal.log(`\n${style.dim(`${'fold'.padEnd(LABEL_WIDTH)}${titles}`)}`);
    }
    this.#hasTable = true;
    const {accuracy, balancedAccuracy, loss, count} = metrics;
    const figures = [percent(accuracy), percent(balancedAccuracy), loss.toFixed(4), String(count), duration(seconds)];
    const note = known ? style.dim('  from before') : '';
    this.#terminal.log(`${`${number}/${folds}`.padEnd(LABEL_WIDTH)}${figures.map(figure => cell(figure)).join('')}${note}`);
  }
}
