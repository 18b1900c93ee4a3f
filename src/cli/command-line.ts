import yargs, {type Argv, type Options} from 'yargs';
import {UsageError} from '../core/errors.js';
import {suggestion} from '../core/nearest.js';
import {VERSION} from '../core/version.js';
import {COMMAND_NAMES, COMMANDS, type CommandName, type CommandSpec} from './commands.js';
import {checkFlagNames} from './flag-names.js';
import {explain, GROUPS, isBoolean, type OptionProperties} from './option-schema.js';
import {kebab} from './words.js';

/** Everything stays as typed: types and ranges are the schema's business, which names what is wrong. */
const PARSING = {
  'parse-numbers': false,
  'parse-positional-numbers': false,
  'camel-case-expansion': false,
  'dot-notation': false,
  'short-option-groups': false,
  'strip-aliased': true,
};

const EPILOGUE = [
  'What is [recommended] is chosen from the images; --verbose says what it is. Every option can be set as FINETUNE_..., too.',
  'Exit codes: 0 done, 1 failed, 2 usage, 3 dataset, 4 machine, 5 accuracy missed, 130 or 143 interrupted.',
].join('\n');

/** What yargs itself has to say. */
const SENTENCES: Readonly<Record<string, string | {readonly one: string; readonly other: string}>> = {
  'Not enough arguments following: %s': 'no value for --%s',
  'Not enough non-option arguments: got %s, need at least %s': {
    one: 'only %s of %s needed arguments',
    other: 'only %s of %s needed arguments',
  },
};

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

function flagsOf(options: OptionProperties): Record<string, Options> {
  return Object.fromEntries(
    Object.entries(options).map(([key, property]) => {
      // A bare --resume means the newest run.
      const kind: Options = isBoolean(property) ? {type: 'boolean'} : key === 'resume' ? {type: 'string'} : {requiresArg: true};
      return [kebab(key), {...kind, describe: explain(key, property)}];
    }),
  );
}

/** Says what stands in the place of each argument. */
const POSITIONALS: Readonly<Record<string, string>> = {
  dir: 'a folder',
  bundle: 'folder of an exported model (model/ of a run)',
  run: 'directory of a run',
  image: 'image files, folders, or patterns in quotes',
  task: 'install, or nothing',
  document: 'recipe or check [default: recipe]',
  file: 'recipe file to write [default: recipe.jsonc]',
};

function positionalsOf(usage: string): string[] {
  return [...usage.matchAll(/[<[](\w+)(?:\.\.)?[>\]]/g)].map(match => match[1]!);
}

function describeCommand(cli: Argv, {usage, options, examples = []}: CommandSpec): Argv {
  cli.options(flagsOf(options));
  for (const name of positionalsOf(usage)) cli.positional(name, {describe: POSITIONALS[name]!});
  for (const [heading, keys] of Object.entries(GROUPS)) {
    cli.group(keys.filter(key => key in options || key === 'help' || key === 'version').map(kebab), heading);
  }
  for (const [command, meaning] of examples) cli.example(command, meaning);
  return cli;
}

function buildParser(columns: number, onCommand: (name: CommandName, argv: Record<string, unknown>) => void): Argv {
  const cli = (yargs() as Argv & UsageConfiguration)
    .usageConfiguration({'hide-types': true})
    .scriptName('finetune')
    .usage('$0 --data DIR [options]\n$0 COMMAND [options]')
    .parserConfiguration(PARSING)
    .detectLocale(false)
    .wrap(columns)
    .exitProcess(false)
    .version(VERSION)
    .describe({help: 'show this', version: 'show the version'})
    .epilogue(EPILOGUE)
    // Its types know nothing of plurals.
    .updateStrings(SENTENCES as Record<string, string>)
    .fail((message: string | null, error: Error | undefined) => {
      throw new UsageError(`Expected a complete command line, but found ${message ?? error?.message}. See finetune --help.`);
    });
  for (const name of COMMAND_NAMES) {
    const spec: CommandSpec = COMMANDS[name];
    const usage = name === 'train' ? ['$0', spec.usage] : spec.usage;
    cli.command(
      usage,
      spec.description,
      (sub: Argv) => describeCommand(sub, spec),
      (argv: Record<string, unknown>) => onCommand(name, argv),
    );
  }
  return cli;
}

/** @throws UsageError for words that belong to nothing, and for flags the command does not have */
function invocationOf(command: CommandName, argv: Readonly<Record<string, unknown>>): Invocation {
  const spec: CommandSpec = COMMANDS[command];
  const places = positionalsOf(spec.usage);
  const {_: words, $0: _script, ...rest} = argv;
  const typed = Object.entries(rest).filter(([key]) => !places.includes(key));
  // Of a flag that is given twice the last counts.
  const flags = Object.fromEntries(typed.map(([key, value]) => [key, Array.isArray(value) ? value.at(-1) : value]));
  const stray = (words as unknown[]).map(String).filter(word => word !== command);
  if (stray.length > 0) throw strayWord(command, stray[0]!);
  checkFlagNames(flags, Object.keys(spec.options).map(kebab), command === 'train' ? 'finetune --help' : `finetune ${command} --help`);
  return {command, positionals: Object.fromEntries(places.map(place => [place, argv[place]])), flags};
}

function strayWord(command: CommandName, word: string): UsageError {
  if (command !== 'train') {
    return new UsageError(`Expected no further argument for finetune ${command}, but found "${word}". See finetune ${command} --help.`);
  }
  const hint = suggestion(word, COMMAND_NAMES) || `. For a folder of images, say --data ${word}.`;
  return new UsageError(`Expected a command, but found "${word}"${hint}`);
}

/**
 * Reads a command line.
 * @param columns of the terminal that help is written for
 * @throws UsageError (exit 2)
 */
export async function readCommandLine(args: readonly string[], columns: number): Promise<Invocation | HelpText> {
  let found: {readonly name: CommandName; readonly argv: Record<string, unknown>} | undefined;
  let help = '';
  const parser = buildParser(Math.min(columns, 110), (name, argv) => (found = {name, argv}));
  await parser.parseAsync([...args], {}, (_error: unknown, _argv: unknown, output: string) => {
    help = output;
  });
  return found === undefined ? {help} : invocationOf(found.name, found.argv);
}
