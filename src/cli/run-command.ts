import {printableJson} from '../core/printable.js';
import type {Outcome} from './action.js';
import {readCommandLine, type Invocation} from './command-line.js';
import {COMMANDS, type CommandSpec} from './commands.js';
import {failureOf, type Failure} from './failure.js';
import type {Interrupts} from './interrupts.js';
import type {Terminal} from './terminal.js';
import {environmentName} from './words.js';

/** Everything outside of the program that a command can touch. */
export interface Surroundings {
  readonly terminal: Terminal;
  readonly environment: NodeJS.ProcessEnv;
  readonly interrupts: Interrupts;
}

/** Whether a switch is on; also on a command line that cannot be read. */
const wants = (option: 'json' | 'verbose', args: readonly string[], environment: NodeJS.ProcessEnv): boolean =>
  args.includes(`--${option}`) || ['1', 'true', 'yes'].includes((environment[environmentName(option)] ?? '').toLowerCase());

async function act(
  words: readonly string[],
  {command, positionals, flags}: Invocation,
  {terminal, environment, interrupts}: Surroundings,
): Promise<Outcome> {
  const {readLayers, settle} = await import('./layers.js');
  const spec: CommandSpec = COMMANDS[command];
  const layers = readLayers(flags, environment, spec.options);
  const {values} = settle(layers, spec.options);
  terminal.quiet = values.quiet === true;
  const action = await spec.load();
  return action({words, positionals, layers, values}, {terminal, environment, signal: interrupts.signal});
}

/** Prints what a command left, and says what to exit with. */
function conclude(outcome: Outcome, failure: Failure | undefined, asJson: boolean, {terminal}: Surroundings): number {
  const document = failure === undefined ? outcome.document : {...outcome.document, error: failure.document};
  terminal.result(asJson ? printableJson(document) : outcome.text);
  if (outcome.hint !== undefined) terminal.log(outcome.hint);
  if (failure === undefined) return 0;
  terminal.alert(failure.text);
  return failure.exitCode;
}

/**
 * Reads a command line, runs its command, prints what comes of it.
 * @returns the exit code
 */
export async function runCommand(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const {terminal, environment, interrupts} = surroundings;
  const asJson = wants('json', args, environment);
  const view = {terminal, words: args, verbose: wants('verbose', args, environment)};
  try {
    const invocation = await readCommandLine(args, terminal.columns);
    if ('help' in invocation) return conclude({document: {}, text: invocation.help}, undefined, false, surroundings);
    const outcome = await act(args, invocation, surroundings);
    const failure = outcome.error && failureOf(outcome.error, view);
    return conclude(outcome, failure, asJson, surroundings);
  } catch (error) {
    const failure = failureOf(error, view, interrupts.received);
    return conclude({document: {}, text: ''}, failure, asJson, surroundings);
  }
}
