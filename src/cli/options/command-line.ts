import {existsSync} from 'node:fs';
import yargs, {type Argv} from 'yargs';
import {UsageError} from '../../core/errors.js';
import {suggest} from '../../core/text/suggest.js';
import {PACKAGE_VERSION} from '../../core/version.js';
import {COMMAND_NAMES, COMMANDS, type CommandName, type CommandSpec} from '../commands.js';
import {toKebabCase} from '../terminal/format.js';
import {describeCommand, parsePositionals} from './command-help.js';
import {restoreDashes, escapeDashes} from './dashes.js';
import {checkFlagNames} from './flag-names.js';

/** Everything stays as typed: types and ranges are the schema's business, which names what is wrong. */
const PARSER_CONFIG = {
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'short-option-groups': false,
  'strip-aliased': true,
};

const EPILOGUE = [
  '[recommended] values depend on the dataset; --verbose prints them. Every option can also be set as FINETUNE_... in the environment.',
  'Exit codes: 0 done, 1 failed, 2 usage, 3 dataset, 4 machine, 5 accuracy missed, 6 training diverged, 130 or 143 interrupted.',
].join('\n');

/** What yargs itself has to say. */
const YARGS_MESSAGES: Readonly<
  Record<string, string | {readonly one: string; readonly other: string}>
> = {
  'Not enough arguments following: %s': 'no value for --%s',
  'Not enough non-option arguments: got %s, need at least %s': {
    one: 'only %s of %s needed arguments',
    other: 'only %s of %s needed arguments',
  },
};

/** @param found as `SENTENCES` has it */
function describeUsageError(found: string, args: readonly string[]): string {
  const command = COMMAND_NAMES.find(name => args.includes(name));
  if (command === undefined || !found.startsWith('only'))
    return `The command line is not complete: ${found}. See finetune --help.`;
  const {usage} = COMMANDS[command];
  const needed = usage.includes('<run>') ? 'the directory of a run' : 'a folder of images';
  return `finetune ${command} needs ${needed}. Run finetune ${usage.replace(/<(\w+)>/, (_, token: string) => token.toUpperCase())}.`;
}

/** In yargs since 17.7, not in its declared types: keeps `[string] [required]` out of the help. */
interface UsageConfiguration {
  usageConfiguration(configuration: {'hide-types': boolean}): Argv;
}

/** What was typed. */
export interface Invocation {
  readonly command: CommandName;
  /** Arguments of the command by name: `image` of `predict` is a list. */
  readonly positionals: Readonly<Record<string, unknown>>;
  /** Flags by kebab-case name, as typed. */
  readonly flags: Readonly<Record<string, unknown>>;
}

/** Text that was asked for instead of a command. */
export interface HelpText {
  readonly help: string;
}

function buildParser(
  columns: number,
  args: readonly string[],
  onCommand: (name: CommandName, argv: Record<string, unknown>) => void,
): Argv {
  const cli = (yargs() as Argv & UsageConfiguration)
    .usageConfiguration({'hide-types': true})
    .scriptName('finetune')
    .usage('$0 DIR [options]\n$0 COMMAND [options]')
    .parserConfiguration(PARSER_CONFIG)
    .detectLocale(false)
    .wrap(columns)
    .exitProcess(false)
    .version(PACKAGE_VERSION)
    .alias({help: 'h', version: 'v'})
    .describe({help: 'show this', version: 'show the version'})
    .epilogue(EPILOGUE)
    // Its types know nothing of plurals.
    .updateStrings(YARGS_MESSAGES as Record<string, string>)
    .fail((message: string | null, error: Error | undefined) => {
      throw new UsageError(describeUsageError(message ?? error?.message ?? 'something else', args));
    });
  for (const name of COMMAND_NAMES) {
    const spec: CommandSpec = COMMANDS[name];
    const usage = name === 'train' ? ['$0 [dir]', spec.usage] : spec.usage;
    cli.command(
      usage,
      spec.description,
      (sub: Argv) => describeCommand(sub, spec),
      (argv: Record<string, unknown>) => onCommand(name, argv),
    );
  }
  return cli;
}

/** Words that no place of the command takes; its own name stands among yargs' words. */
function findExtraArguments(
  command: CommandName,
  tokens: readonly unknown[],
  args: readonly string[],
): string[] {
  const all = tokens.map(String);
  return all[0] === command && args.includes(command) ? all.slice(1) : all;
}

/** @throws UsageError for words that belong to nothing, and for flags the command does not have */
function toInvocation(
  command: CommandName,
  argv: Readonly<Record<string, unknown>>,
  args: readonly string[],
): Invocation {
  const spec: CommandSpec = COMMANDS[command];
  const positionals = parsePositionals(spec.usage);
  const {_: tokens, $0: _script, ...rest} = argv;
  const given = Object.entries(rest).filter(([key]) => !positionals.includes(key));
  // Of a flag that is given twice the last counts.
  const flags = Object.fromEntries(
    given.map(([key, value]) => [key, Array.isArray(value) ? value.at(-1) : value]),
  );
  const [extraArgument] = findExtraArguments(command, tokens as unknown[], args);
  if (command === 'train' && typeof argv.dir === 'string' && !args.includes('train'))
    checkMistypedCommand(argv.dir);
  if (extraArgument !== undefined) throw extraArgumentError(command, extraArgument);
  checkFlagNames(
    flags,
    Object.keys(spec.options).map(toKebabCase),
    command === 'train' ? 'finetune --help' : `finetune ${command} --help`,
  );
  const invocation = {
    command,
    positionals: Object.fromEntries(positionals.map(name => [name, argv[name]])),
    flags,
  };
  return command === 'train' || command === 'evaluate'
    ? positionalToDataFlag(invocation)
    : invocation;
}

const extraArgumentError = (command: CommandName, token: string): UsageError =>
  new UsageError(
    `"${token}" is one argument too many for finetune ${command}. See finetune ${command === 'train' ? '' : `${command} `}--help.`,
  );

/** A word in the place of a folder that names nothing, and is nearly a command, was meant as one. */
function checkMistypedCommand(token: string): void {
  if ((COMMAND_NAMES as readonly string[]).includes(token) && !existsSync(token))
    throw new UsageError(
      `The command ${token} stands behind an option. Run finetune ${token} ... with the options after it.`,
    );
  const hint = /[/.]/.test(token) || existsSync(token) ? '' : suggest(token, COMMAND_NAMES);
  if (hint !== '')
    throw new UsageError(`"${token}" is neither a command nor a folder of images${hint}`);
}

/** `finetune check --data pets` is `finetune check pets`: sentences about folders say `--data`. */
function dataFlagToPositional(tokens: readonly string[]): readonly string[] {
  const command = tokens.find(token => !token.startsWith('-'));
  if (command !== 'check' && command !== 'preview') return tokens;
  return tokens.flatMap(token => (token === '--data' ? [] : [token.replace(/^--data=/, '')]));
}

/** `finetune pets` is `finetune --data pets`. */
function positionalToDataFlag({
  command,
  positionals: {dir, ...positionals},
  flags,
}: Invocation): Invocation {
  if (dir === undefined) return {command, positionals, flags};
  if (flags.data === undefined) return {command, positionals, flags: {...flags, data: dir}};
  throw new UsageError(
    `There are two folders of images: ${String(dir)} and --data ${String(flags.data)}. Leave out one.`,
  );
}

/**
 * Reads a command line.
 * @param columns of the terminal that help is written for
 * @throws UsageError (exit 2)
 */
export async function parseCommandLine(
  args: readonly string[],
  columns: number,
): Promise<Invocation | HelpText> {
  let found: {readonly name: CommandName; readonly argv: Record<string, unknown>} | undefined;
  let help = '';
  const tokens = dataFlagToPositional(escapeDashes(args));
  const parser = buildParser(Math.min(columns, 110), tokens, (name, argv) => {
    found = {
      name,
      argv: Object.fromEntries(
        Object.entries(argv).map(([key, value]) => [key, restoreDashes(value)]),
      ),
    };
  });
  await parser.parseAsync(tokens, {}, (_error: unknown, _argv: unknown, output: string) => {
    help = output;
  });
  return found === undefined ? {help} : toInvocation(found.name, found.argv, tokens);
}
