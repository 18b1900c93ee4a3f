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

/** Values stay as typed. The schema checks types and ranges, and names what is wrong. */
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

/** Replacements for messages of yargs. */
const YARGS_MESSAGES: Readonly<
  Record<string, string | {readonly one: string; readonly other: string}>
> = {
  'Not enough arguments following: %s': 'no value for --%s',
  'Not enough non-option arguments: got %s, need at least %s': {
    one: 'only %s of %s needed arguments',
    other: 'only %s of %s needed arguments',
  },
};

/** @param found a message, translated by `YARGS_MESSAGES` */
function describeUsageError(found: string, args: readonly string[]): string {
  const command = COMMAND_NAMES.find(name => args.includes(name));
  if (command === undefined || !found.startsWith('only'))
    return `The command line is not complete: ${found}. See finetune --help.`;
  const {usage} = COMMANDS[command];
  const needed = usage.includes('<run>')
    ? 'the directory of a run'
    : usage.includes('<study>')
      ? 'the name of a study'
      : 'a folder of images';
  return `finetune ${command} needs ${needed}. Run finetune ${usage.replace(/<(\w+)>/, (_, token: string) => token.toUpperCase())}.`;
}

/** Part of yargs since 17.7 but not of its declared types. Keeps `[string] [required]` out of the help. */
interface UsageConfiguration {
  usageConfiguration(configuration: {'hide-types': boolean}): Argv;
}

/** Parsed command line. */
export interface Invocation {
  readonly command: CommandName;
  /** Positional arguments of the command by name. `image` of `predict` and `model` of `evaluate` are lists. */
  readonly positionals: Readonly<Record<string, unknown>>;
  /** Flags by kebab-case name, as typed. */
  readonly flags: Readonly<Record<string, unknown>>;
}

/** Help or version text that was requested instead of a command. */
export interface HelpText {
  readonly help: string;
}

function buildParser(
  columns: number,
  args: readonly string[],
  showsAll: boolean,
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
    .describe({help: 'show this; with --all, every option', version: 'show the version'})
    .epilogue(EPILOGUE)
    // The declared types lack plurals.
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
      (sub: Argv) => describeCommand(sub, spec, showsAll),
      (argv: Record<string, unknown>) => onCommand(name, argv),
    );
  }
  return cli;
}

/** Arguments beyond those that the command takes. yargs also lists the name of the command itself. */
function findExtraArguments(
  command: CommandName,
  tokens: readonly unknown[],
  args: readonly string[],
): string[] {
  const all = tokens.map(String);
  return all[0] === command && args.includes(command) ? all.slice(1) : all;
}

/** @throws UsageError for unexpected arguments, and for flags that the command does not have */
function toInvocation(
  command: CommandName,
  argv: Readonly<Record<string, unknown>>,
  args: readonly string[],
): Invocation {
  const spec: CommandSpec = COMMANDS[command];
  const positionals = parsePositionals(spec.usage);
  const {_: tokens, $0: _script, ...rest} = argv;
  const given = Object.entries(rest).filter(([key]) => !positionals.includes(key));
  // The last value of a repeated flag counts.
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
  return spec.isDirData === true ? positionalToDataFlag(invocation) : invocation;
}

const extraArgumentError = (command: CommandName, token: string): UsageError =>
  new UsageError(
    `"${token}" is one argument too many for finetune ${command}. See finetune ${command === 'train' ? '' : `${command} `}--help.`,
  );

/** Rejects a folder argument that does not exist and resembles a command name. @throws UsageError (exit 2) */
function checkMistypedCommand(token: string): void {
  if ((COMMAND_NAMES as readonly string[]).includes(token) && !existsSync(token))
    throw new UsageError(
      `The command ${token} comes after an option. Run finetune ${token} ... with the options after it.`,
    );
  const hint = /[/.]/.test(token) || existsSync(token) ? '' : suggest(token, COMMAND_NAMES);
  if (hint !== '')
    throw new UsageError(`"${token}" is neither a command nor a folder of images${hint}`);
}

/** Whether a command takes its folder of images as an argument alone. */
const hasOnlyDir = ({usage, options}: CommandSpec): boolean =>
  parsePositionals(usage).includes('dir') && !('data' in options);

/** Rewrites `finetune check --data pets` to `finetune check pets`, since messages about folders mention `--data`. */
function dataFlagToPositional(tokens: readonly string[]): readonly string[] {
  const command = COMMAND_NAMES.find(name => name === tokens.find(token => !token.startsWith('-')));
  if (command === undefined || !hasOnlyDir(COMMANDS[command])) return tokens;
  return tokens.flatMap(token => (token === '--data' ? [] : [token.replace(/^--data=/, '')]));
}

/** Rewrites `finetune pets` to `finetune --data pets`. */
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
 * Parses a command line.
 * @param columns width of the terminal that help is wrapped to
 * @throws UsageError (exit 2)
 */
export async function parseCommandLine(
  args: readonly string[],
  columns: number,
): Promise<Invocation | HelpText> {
  let found: {readonly name: CommandName; readonly argv: Record<string, unknown>} | undefined;
  let help = '';
  const asksForHelp = args.some(arg => ['--help', '-h'].includes(arg));
  const showsAll = asksForHelp && args.includes('--all');
  const typed = showsAll ? args.filter(arg => arg !== '--all') : args;
  const tokens = dataFlagToPositional(escapeDashes(typed));
  const parser = buildParser(Math.min(columns, 110), tokens, showsAll, (name, argv) => {
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
