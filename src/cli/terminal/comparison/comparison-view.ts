import type {RunEvent} from '../../../finetune/events.js';
import {ConsoleView, type ConsoleViewOptions} from '../console-view.js';
import {formatLabeled} from '../screen/layout.js';
import type {Terminal} from '../screen/terminal.js';

/** Events of a run that are the same for every probe. Only the first probe shows them. */
const SHARED_EVENTS: ReadonlySet<RunEvent['type']> = new Set(['dataset', 'split', 'recipe']);
/** Codes of findings about weights. Others are about images, and shown by the first probe. */
const WEIGHTS_FINDINGS: ReadonlySet<string> = new Set([
  'non-commercial-weights',
  'weights-checksum',
]);
/** Events of the training. A probe on cached features takes seconds, and the table has its result. */
const TRAINING_EVENTS: ReadonlySet<RunEvent['type']> = new Set(['phase', 'epoch', 'traced']);

/** Prints the events of a comparison of weights: one header, then weights and features of each probe. */
export class ComparisonView {
  readonly #view: ConsoleView;
  readonly #terminal: Terminal;
  readonly #verbose: boolean;
  #number = 0;

  constructor(terminal: Terminal, options: ConsoleViewOptions = {}) {
    this.#terminal = terminal;
    this.#verbose = options.verbose === true;
    this.#view = new ConsoleView(terminal, options);
  }

  /** Called with every event of the probes. */
  readonly listen = (event: RunEvent): void => {
    if (event.type === 'comparison') return this.#beginProbe(event.number, event.count);
    if (this.#isShown(event)) this.#view.listen(event);
  };

  close(): void {
    this.#view.close();
  }

  #beginProbe(number: number, count: number): void {
    this.#number = number;
    this.#view.close();
    const {style, columns} = this.#terminal;
    this.#terminal.log('');
    this.#terminal.log(
      formatLabeled(style.bold, `probe ${number}/${count}`, '', columns).trimEnd(),
    );
  }

  #isShown(event: RunEvent): boolean {
    const isShared =
      SHARED_EVENTS.has(event.type) ||
      (event.type === 'finding' && !WEIGHTS_FINDINGS.has(event.finding.code));
    if (isShared) return this.#number <= 1 || this.#verbose;
    const isTraining =
      TRAINING_EVENTS.has(event.type) || (event.type === 'progress' && event.epoch !== undefined);
    return !isTraining || this.#verbose;
  }
}
