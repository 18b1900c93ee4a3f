import {printableJson} from '../core/text/printable.js';
import {defaultsOf, mergeOptions} from '../finetune/options/merge-options.js';
import type {CommandResult} from './command.js';
import {parseCommandLine, type Invocation} from './options/command-line.js';
import {COMMANDS, type CommandSpec} from './commands.js';
import {toFailure, type Failure} from './failure.js';
import type {SignalHandler} from './signals.js';
import type {Terminal} from './terminal/screen/terminal.js';
import {toEnvironmentName} from './terminal/format.js';

/** Parts of the process that a command can access. */
export interface ProcessContext {
  readonly terminal: Terminal;
  readonly environment: NodeJS.ProcessEnv;
  readonly signalHandler: SignalHandler;
}

/** Whether a switch is on. Also works on a command line that cannot be parsed. */
const isFlagSet = (
  option: 'json' | 'verbose',
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): boolean =>
  args.includes(`--${option}`) ||
  ['1', 'true', 'yes'].includes((environment[toEnvironmentName(option)] ?? '').toLowerCase());

async function execute(
  args: readonly string[],
  {command, positionals, flags}: Invocation,
  {terminal, environment, signalHandler}: ProcessContext,
): Promise<CommandResult> {
  const {readOptionSources} = await import('./options/option-sources.js');
  const spec: CommandSpec = COMMANDS[command];
  const optionSources = readOptionSources(flags, environment, spec.options);
  const {values} = mergeOptions([...optionSources, defaultsOf(spec.options)]);
  terminal.quiet = values.quiet === true;
  if (spec.isServer?.(values) === true) signalHandler.expectSignal();
  const handler = await spec.load();
  return handler(
    {args, positionals, optionSources, values},
    {terminal, environment, signal: signalHandler.signal},
  );
}

/** Prints the result of a command. @returns the exit code */
function writeResult(
  result: CommandResult,
  failure: Failure | undefined,
  isJson: boolean,
  {terminal}: ProcessContext,
): number {
  const document =
    failure === undefined ? result.document : {...result.document, error: failure.document};
  terminal.result(isJson ? printableJson(document) : result.text);
  if (result.hint !== undefined) terminal.log(result.hint);
  if (failure === undefined) return 0;
  terminal.alert(failure.text);
  return failure.exitCode;
}

/**
 * Parses a command line, runs its command and prints the result.
 * @returns the exit code
 */
export async function runCommand(
  args: readonly string[],
  context: ProcessContext,
): Promise<number> {
  const {terminal, environment, signalHandler} = context;
  const isJson = isFlagSet('json', args, environment);
  const errorOptions = {terminal, args: args, verbose: isFlagSet('verbose', args, environment)};
  try {
    const invocation = await parseCommandLine(args, terminal.columns);
    if ('help' in invocation)
      return writeResult({document: {}, text: invocation.help}, undefined, false, context);
    const result = await execute(args, invocation, context);
    const failure = result.error && toFailure(result.error, errorOptions);
    const exitCode = writeResult(result, failure, isJson, context);
    await result.running?.();
    return exitCode;
  } catch (error) {
    const failure = toFailure(error, errorOptions, signalHandler.received);
    return writeResult({document: {}, text: ''}, failure, isJson, context);
  }
}
