import type {FinetuneError} from '../core/errors.js';
import type {OptionTable} from '../finetune/options/option.js';
import type {OptionSource, OptionValues} from '../finetune/options/merge-options.js';
import type {Terminal} from './terminal/screen/terminal.js';

/** Input of a command handler. */
export interface CommandInput {
  /** Arguments after `finetune`, as typed. */
  readonly args: readonly string[];
  /** Positional arguments by name. `image` of `predict` and `model` of `evaluate` are lists. */
  readonly positionals: Readonly<Record<string, unknown>>;
  /** Validated option values of every source, highest precedence first. */
  readonly optionSources: readonly OptionSource[];
  /** Effective values, defaults included. Options without a default may be absent. */
  readonly values: OptionValues;
}

/** Context that a command handler runs in. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly environment: NodeJS.ProcessEnv;
  /** Aborted by the first signal to the process. */
  readonly signal: AbortSignal;
}

/** Result of a command handler. */
export interface CommandResult {
  /** JSON document that `--json` prints. */
  readonly document: object;
  /** Text that is printed to standard output without `--json`. */
  readonly text: string;
  /** Text for standard error, printed after the result: what to type next. */
  readonly hint?: string;
  /** For a command that serves until it is stopped: settles when it has stopped, after the result is printed. */
  readonly running?: () => Promise<void>;
  /** Error that the command exits with. The result is valid and is printed anyway. */
  readonly error?: FinetuneError;
}

export type CommandHandler = (
  input: CommandInput,
  context: CommandContext,
) => Promise<CommandResult>;

/** A command: a row of `COMMANDS`. */
export interface CommandSpec {
  /** Command in the syntax of yargs: `check <dir>`. */
  readonly usage: string;
  readonly description: string;
  /** Descriptions of arguments that differ from those in other commands. */
  readonly positionals?: Readonly<Record<string, string>>;
  readonly options: OptionTable;
  /** Whether the argument DIR is another way to write `--data DIR`. */
  readonly isDirData?: boolean;
  /** Whether the command with these options runs until a signal stops it, as it should. Others are interrupted by one. */
  readonly isServer?: (values: OptionValues) => boolean;
  readonly examples?: readonly (readonly [command: string, meaning: string])[];
  /** Imports the handler on demand, since its dependencies take seconds to load. */
  readonly load: () => Promise<CommandHandler>;
}
