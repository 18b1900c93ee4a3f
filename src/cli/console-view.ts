import {printable} from '../core/printable.js';
import type {Finding} from '../core/finding.js';
import type {Activity, RunEvent} from '../finetune/events.js';
import type {Recipe} from '../finetune/recipe.js';
import {count, duration, plural} from '../report/format.js';
import {findingLines} from './finding-lines.js';
import {phaseSentences} from './phase-lines.js';
import {ProgressLine} from './progress-line.js';
import {measureOf} from '../training/balance.js';
import type {Terminal} from './terminal.js';
import {labelled, LABEL_WIDTH} from './layout.js';
import {percent} from './words.js';

type Event<Type extends RunEvent['type']> = Extract<RunEvent, {readonly type: Type}>;

const TITLES: Readonly<Record<Activity, string>> = {
  engine: 'engine',
  weights: 'weights',
  decode: 'decoding',
  features: 'features',
  train: 'training',
  evaluate: 'evaluating',
  export: 'exporting',
};

/** Epochs on cached features take milliseconds; a line every two seconds is as much as a person reads. */
const EPOCH_LINE_SECONDS = 2;

export interface ViewOptions {
  readonly verbose?: boolean;
  /** Seconds. */
  readonly clock?: () => number;
}

function weightsSentence({name, path}: Event<'weights'>): string {
  if (path === null) return 'none: the backbone starts from random numbers';
  return name === path ? path : `${name}, from ${path}`;
}

const epochTime = (seconds: number): string => (seconds < 0.0995 ? `${Math.round(seconds * 1000)} ms` : duration(seconds));

/** Turns what a run says into lines on standard error, and a bar where there is a terminal. */
export class ConsoleView {
  readonly #progress: ProgressLine;
  readonly #clock: () => number;
  readonly #verbose: boolean;
  readonly #findings: Finding[] = [];
  #recipe: Event<'recipe'> | undefined;
  #pictures = {train: 0, validation: 0};
  #phaseEpochs = 1;
  #epochShown = -Infinity;
  #epoch: Event<'epoch'> | undefined;
  #best: Event<'epoch'> | undefined;

  constructor(
    readonly terminal: Terminal,
    {verbose = false, clock = () => performance.now() / 1000}: ViewOptions = {},
  ) {
    this.#verbose = verbose;
    this.#clock = clock;
    this.#progress = new ProgressLine(terminal, clock);
  }

  /** Called for every event of a run. */
  readonly listen = (event: RunEvent): void => {
    switch (event.type) {
      case 'notice':
        return this.#say('notice', event.message, this.terminal.style.warn);
      case 'finding':
        return void this.#findings.push(event.finding);
      case 'dataset':
        return this.#say(
          'dataset',
          `${printable(event.root)}: ${plural(event.images, 'image')} in ${plural(event.classes, 'class', 'classes')}`,
        );
      case 'weights':
        return this.#say('weights', weightsSentence(event));
      case 'recipe':
        return void (this.#recipe = event);
      case 'split':
        return this.#split(event);
      case 'progress':
        return this.#activity(event);
      case 'phase':
        return this.#phase(event);
      case 'epoch':
        return this.#epochEnd(event);
      case 'recorded':
        return this.#verbose ? this.#say('recorded', event.step) : undefined;
      case 'checkpoint':
        return this.#verbose ? this.#say('checkpoint', event.directory) : undefined;
      case 'saved':
        return this.#progress.end();
    }
  };

  /** Says what was held back, and takes the bar away. */
  close(): void {
    this.#progress.end();
    this.#tellFindings();
  }

  #say(label: string, text: string, paint: (text: string) => string = this.terminal.style.dim): void {
    this.terminal.log(labelled(paint, label, text, this.terminal.columns));
  }

  #split({train, validation, test}: Event<'split'>): void {
    this.#progress.end();
    this.#pictures = {train, validation};
    const parts = [`${count(train)} to train`, `${count(validation)} to validate`, ...(test > 0 ? [`${count(test)} to test`] : [])];
    this.#say('split', parts.join(', '));
    this.#tellFindings();
    if (this.#recipe !== undefined) this.#tellRecipe(this.#recipe);
  }

  #tellFindings(): void {
    for (const line of findingLines(this.#findings.splice(0), this.terminal.style, this.terminal.columns, this.#verbose)) {
      this.terminal.log(line);
    }
  }

  #tellRecipe({recipe, reasons}: Event<'recipe'>): void {
    const {arch, lastStage, head, optimizer, batchSize, augment, seed} = recipe;
    const network = `${arch}${lastStage < 4 ? ` up to stage ${lastStage}` : ''}`;
    this.#say('recipe', `${network}, ${head} head, ${optimizer}, batches of ${batchSize}, ${augment} augmentation, seed ${seed}`);
    for (const reason of reasons) this.#say('', reason);
  }

  #activity({activity, done, total, unit, step, epoch}: Event<'progress'>): void {
    if (epoch !== undefined) return this.#training(activity, done, epoch);
    this.#progress.update({title: step ?? TITLES[activity], done, total, unit});
    if (done >= total) this.#progress.end();
  }

  /** One bar for all epochs of a phase, validation included: only so is its end the end of the phase. */
  #training(activity: Activity, done: number, epoch: number): void {
    const {train, validation} = this.#pictures;
    const ofEpoch = activity === 'train' ? done : train + done;
    this.#progress.update({
      title: TITLES.train,
      place: `epoch ${epoch + 1}/${this.#phaseEpochs}`,
      done: epoch * (train + validation) + ofEpoch,
      total: this.#phaseEpochs * (train + validation),
      unit: 'images',
      ...(this.#epoch !== undefined && {note: this.#measured(this.#epoch)}),
    });
  }

  #phase({index, phase, steps, cached}: Event<'phase'>): void {
    this.#progress.end();
    this.#epoch = undefined;
    this.#epochShown = -Infinity;
    this.#phaseEpochs = phase.epochs;
    const recipe: Recipe | undefined = this.#recipe?.recipe;
    if (recipe === undefined) return this.#say('phase', phase.name);
    const [what, how] = phaseSentences(phase, recipe, steps, cached);
    const {bold, dim} = this.terminal.style;
    this.terminal.log('');
    this.#say(`phase ${index + 1}/${recipe.freeze.length}`, what, bold);
    this.#say('', dim(how));
  }

  #epochEnd(event: Event<'epoch'>): void {
    this.#epoch = event;
    if (event.best) this.#best = event;
    const last = event.epoch + 1 === event.epochs;
    const now = this.#clock();
    if (!this.#verbose && !last && event.epoch > 0 && now - this.#epochShown < EPOCH_LINE_SECONDS) return;
    this.#epochShown = now;
    this.terminal.log(this.#epochLine(event));
    if (last) this.#tellBest(event);
  }

  /** Which weights are kept, where it is not those of the line above. */
  #tellBest(event: Event<'epoch'>): void {
    this.#progress.end();
    const best = this.#best;
    if (best === undefined || best === event) return;
    const {dim} = this.terminal.style;
    this.#say('', dim(`kept: epoch ${best.epoch + 1} of ${best.phase}, ${this.#measured(best)}`));
  }

  /** The measure by which the best epoch is chosen; `accuracy 50.0 %` */
  #measured({metrics}: Event<'epoch'>, width = 0): string {
    const isBalanced = measureOf(this.#recipe?.recipe.balance ?? 'none') === 'balancedAccuracy';
    const [name, value] = isBalanced ? ['balanced', metrics.balancedAccuracy] : ['accuracy', metrics.accuracy];
    return `${name} ${percent(value).padStart(width)}`;
  }

  #epochLine(event: Event<'epoch'>): string {
    const {epoch, epochs, trainingLoss, metrics, best, seconds} = event;
    const {good, dim} = this.terminal.style;
    const place = `${epoch + 1}/${epochs}`.padStart(LABEL_WIDTH - 2);
    const losses = `loss ${trainingLoss.toFixed(4)}  validation ${metrics.loss.toFixed(4)}`;
    return `${place}  ${losses}  ${this.#measured(event, 7)}  ${best ? good('best') : '    '}  ${dim(epochTime(seconds))}`;
  }
}
