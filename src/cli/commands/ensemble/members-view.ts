import type {RunEvent} from '../../../finetune/events.js';
import type {ResolvedRecipe} from '../../../finetune/recipe/resolve-recipe.js';
import {ConsoleView, type ConsoleViewOptions} from '../../terminal/console-view.js';
import {formatLabeled} from '../../terminal/screen/layout.js';
import type {Terminal} from '../../terminal/screen/terminal.js';

/** Prints the events of training an ensemble: a heading for each member, and then the events of its run. */
export class MembersView {
  #view: ConsoleView;

  /** @param recipes recipe of each member */
  constructor(
    readonly terminal: Terminal,
    readonly recipes: readonly ResolvedRecipe[],
    readonly options: ConsoleViewOptions,
  ) {
    this.#view = new ConsoleView(terminal, options);
  }

  /** Called with every event of the members. */
  readonly listen = (event: RunEvent): void => {
    if (event.type !== 'member') return this.#view.listen(event);
    const {number, members, name, isResumed} = event;
    const {terminal, options} = this;
    this.close();
    terminal.log('');
    const text = isResumed ? `${name}, trained before` : name;
    const label = `member ${number}/${members}`;
    terminal.log(formatLabeled(terminal.style.bold, label, text, terminal.columns));
    this.#view = new ConsoleView(terminal, options);
    this.#view.listen({type: 'recipe', ...this.recipes[number - 1]!});
  };

  close(): void {
    this.#view.close();
  }
}
