import type {FinetuneError} from '../core/errors.js';
import type {OptionSource, OptionValues} from '../finetune/options/merge-options.js';
import type {Terminal} from './terminal/screen/terminal.js';

/** What a command was asked. */
export interface CommandInput {
  /** The words that were typed after `finetune`. */
  readonly args: readonly string[];
  /** Arguments by name: `image` of `predict` is a list. */
  readonly positionals: Readonly<Record<string, unknown>>;
  /** What was said in each place, strongest first; checked. */
  readonly optionSources: readonly OptionSource[];
  /** The effective values, defaults included; options without a default may be absent. */
  readonly values: OptionValues;
}

/** What an action works with. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly environment: NodeJS.ProcessEnv;
  /** Aborted by the first signal to the process. */
  readonly signal: AbortSignal;
}

/** What a command leaves to say. */
export interface CommandResult {
  /** For programs: what `--json` prints. */
  readonly document: object;
  /** For people: what is printed to standard output otherwise. */
  readonly text: string;
  /** For people, to standard error, after the text: what to type next. */
  readonly hint?: string;
  /** The result stands, but the command fails. */
  readonly error?: FinetuneError;
}

export type CommandHandler = (
  input: CommandInput,
  context: CommandContext,
) => Promise<CommandResult>;
