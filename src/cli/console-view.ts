import {printable} from '../core/printable.js';
import type {Finding} from '../core/finding.js';
import type {Activity, RunEvent} from '../finetune/events.js';
import type {Recipe} from '../finetune/recipe.js';
import {count, plural} from '../report/format.js';
import {EpochTable, measured} from './epoch-table.js';
import {featureSentence} from './feature-line.js';
import {findingLines} from './finding-lines.js';
import {phaseSentences} from './phase-lines.js';
import {ProgressLine} from './progress-line.js';
import type {Terminal} from './terminal.js';
import {cutMiddle, LABEL_WIDTH, labelled, widthOf} from './layout.js';

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

export interface ViewOptions {
  readonly verbose?: boolean;
  /** What the person gave, where it is told instead of the folder: a list of images. */
  readonly data?: string;
  /** Seconds. */
  readonly clock?: () => number;
}

/** Turns what a run says into lines on standard error, and a bar where there is a terminal. */
export class ConsoleView {
  readonly #progress: ProgressLine;
  readonly #epochs: EpochTable;
  readonly #verbose: boolean;
  readonly #data: string | undefined;
  readonly #findings: Finding[] = [];
  #recipe: Event<'recipe'> | undefined;
  #pictures = {train: 0, validation: 0};
  #phaseEpochs = 1;
  #epoch: Event<'epoch'> | undefined;

  constructor(
    readonly terminal: Terminal,
    {verbose = false, data, clock = () => performance.now() / 1000}: ViewOptions = {},
  ) {
    this.#verbose = verbose;
    this.#data = data;
    this.#epochs = new EpochTable(terminal, clock, verbose);
    this.#progress = new ProgressLine(terminal, clock);
  }

  /** Called for every event of a run. */
  readonly listen = (event: RunEvent): void => {
    switch (event.type) {
      case 'notice':
        return this.#say('notice', printable(event.message), this.terminal.style.warn);
      case 'finding':
        return void this.#findings.push(event.finding);
      case 'dataset':
        return this.#sayOf(
          'dataset',
          this.#data ?? event.root,
          `: ${plural(event.images, 'image')} in ${plural(event.classes, 'class', 'classes')}`,
        );
      case 'weights':
        return this.#weights(event);
      case 'recipe':
        return void (this.#recipe = event);
      case 'split':
        return this.#split(event);
      case 'progress':
        return this.#activity(event);
      case 'phase':
        return this.#phase(event);
      case 'features':
        return this.#features(event);
      case 'epoch':
        return this.#epochEnd(event);
      case 'recorded':
        return this.#verbose ? this.#say('recorded', event.step) : undefined;
      case 'checkpoint':
        return this.#verbose ? this.#say('checkpoint', printable(event.directory)) : undefined;
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

  /** A path in one line with what is said of it: its middle goes where there is no room. */
  #sayOf(label: string, path: string, rest: string, before = ''): void {
    const room = this.terminal.columns - LABEL_WIDTH - widthOf(before + rest);
    this.#say(label, before + cutMiddle(printable(path), Math.max(20, room)) + rest);
  }

  #weights({name, path}: Event<'weights'>): void {
    if (path === null) return this.#say('weights', 'none: the backbone starts from random numbers');
    this.#sayOf('weights', path, '', name === path ? '' : `${printable(name)}, from `);
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
      ...(this.#epoch !== undefined && {note: measured(this.#epoch, this.#balance)}),
    });
  }

  #features(event: Event<'features'>): void {
    this.#progress.end();
    this.#say('features', featureSentence(event));
  }

  #phase({index, phase, steps, cached}: Event<'phase'>): void {
    this.#progress.end();
    this.#epoch = undefined;
    this.#epochs.beginPhase();
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
    if (event.epoch + 1 === event.epochs) this.#progress.end();
    this.#epochs.add(event, this.#balance);
  }

  get #balance(): Recipe['balance'] {
    return this.#recipe?.recipe.balance ?? 'none';
  }
}
