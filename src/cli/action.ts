import type {FinetuneError} from '../core/errors.js';
import type {OptionLayer} from './layers.js';
import type {Values} from './read-values.js';
import type {Terminal} from './terminal.js';

/** What a command was asked. */
export interface Request {
  /** The words that were typed after `finetune`. */
  readonly words: readonly string[];
  /** Arguments by name: `image` of `predict` is a list. */
  readonly positionals: Readonly<Record<string, unknown>>;
  /** What was said in each place, strongest first; checked. */
  readonly layers: readonly OptionLayer[];
  /** What is in force, defaults included; options without a default may be absent. */
  readonly values: Values;
}

/** What an action works with. */
export interface Session {
  readonly terminal: Terminal;
  readonly environment: NodeJS.ProcessEnv;
  /** Aborted by the first signal to the process. */
  readonly signal: AbortSignal;
}

/** What a command leaves to say. */
export interface Outcome {
  /** For programs: what `--json` prints. */
  readonly document: object;
  /** For people: what is printed to standard output otherwise. */
  readonly text: string;
  /** For people, to standard error, after the text: what to type next. */
  readonly hint?: string;
  /** The result stands, but the command fails. */
  readonly error?: FinetuneError;
}

export type Action = (request: Request, session: Session) => Promise<Outcome>;
