import {existsSync} from 'node:fs';
import yargs, {type Argv, type Options} from 'yargs';
import {UsageError} from '../core/errors.js';
import {suggestion} from '../core/nearest.js';
import {VERSION} from '../core/version.js';
import {COMMAND_NAMES, COMMANDS, type CommandName, type CommandSpec} from './commands.js';
import {checkFlagNames} from './flag-names.js';
import {withDashes, withoutDashes} from './dashes.js';
import {explain, GROUPS, isBoolean, MOST_USED, type OptionProperties} from './option-schema.js';
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

/** @param found as `SENTENCES` has it */
function incomplete(found: string, args: readonly string[]): string {
  const command = COMMAND_NAMES.find(name => args.includes(name));
  if (command === undefined || !found.startsWith('only'))
    return `Expected a complete command line, but found ${found}. See finetune --help.`;
  const {usage} = COMMANDS[command];
  const needed = usage.includes('<run>') ? 'the directory of a run' : 'a folder of images';
  return `Expected ${needed} for finetune ${command}, but found none. Say finetune ${usage.replace(/<(\w+)>/, (_, word: string) => word.toUpperCase())}.`;
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
  dir: 'folder with one sub-folder a class, or a list of images',
  model: 'a run, or the exported model in it [default: the newest run]',
  image: 'image files, folders, patterns in quotes, or - for standard input',
  run: 'directory of a run',
  task: 'install, or nothing',
  document: 'recipe or check [default: recipe]',
};

function positionalsOf(usage: string): string[] {
  return [...usage.matchAll(/[<[](\w+)(?:\.\.)?[>\]]/g)].map(match => match[1]!);
}

/** Options under their headings; of a command that has them all, the most used come first. */
function groupsOf(options: OptionProperties): Readonly<Record<string, readonly string[]>> {
  const first = MOST_USED.every(key => key in options || key === 'resume') ? MOST_USED : [];
  const others = Object.entries(GROUPS).map(([heading, keys]) => [heading, keys.filter(key => !first.includes(key))] as const);
  return {...(first.length > 0 && {'Most used:': first}), ...Object.fromEntries(others)};
}

function describeCommand(cli: Argv, {usage, options, places, examples = []}: CommandSpec): Argv {
  cli.options(flagsOf(options));
  for (const name of positionalsOf(usage)) cli.positional(name, {describe: places?.[name] ?? POSITIONALS[name]!});
  for (const [heading, keys] of Object.entries(groupsOf(options))) {
    cli.group(keys.filter(key => key in options || key === 'help' || key === 'version').map(kebab), heading);
  }
  for (const [command, meaning] of examples) cli.example(command, meaning);
  return cli;
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
    .parserConfiguration(PARSING)
    .detectLocale(false)
    .wrap(columns)
    .exitProcess(false)
    .version(VERSION)
    .alias({help: 'h', version: 'v'})
    .describe({help: 'show this', version: 'show the version'})
    .epilogue(EPILOGUE)
    // Its types know nothing of plurals.
    .updateStrings(SENTENCES as Record<string, string>)
    .fail((message: string | null, error: Error | undefined) => {
      throw new UsageError(incomplete(message ?? error?.message ?? 'something else', args));
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
function strayWords(command: CommandName, words: readonly unknown[], args: readonly string[]): string[] {
  const all = words.map(String);
  return all[0] === command && args.includes(command) ? all.slice(1) : all;
}

/** @throws UsageError for words that belong to nothing, and for flags the command does not have */
function invocationOf(command: CommandName, argv: Readonly<Record<string, unknown>>, args: readonly string[]): Invocation {
  const spec: CommandSpec = COMMANDS[command];
  const places = positionalsOf(spec.usage);
  const {_: words, $0: _script, ...rest} = argv;
  const typed = Object.entries(rest).filter(([key]) => !places.includes(key));
  // Of a flag that is given twice the last counts.
  const flags = Object.fromEntries(typed.map(([key, value]) => [key, Array.isArray(value) ? value.at(-1) : value]));
  const [stray] = strayWords(command, words as unknown[], args);
  if (command === 'train' && typeof argv.dir === 'string' && !args.includes('train')) checkCommand(argv.dir);
  if (stray !== undefined) throw strayWord(command, stray);
  checkFlagNames(flags, Object.keys(spec.options).map(kebab), command === 'train' ? 'finetune --help' : `finetune ${command} --help`);
  const invocation = {command, positionals: Object.fromEntries(places.map(place => [place, argv[place]])), flags};
  return command === 'train' || command === 'evaluate' ? dirAsData(invocation) : invocation;
}

const strayWord = (command: CommandName, word: string): UsageError =>
  new UsageError(
    `Expected no further argument for finetune ${command}, but found "${word}". See finetune ${command === 'train' ? '' : `${command} `}--help.`,
  );

/** A word in the place of a folder that names nothing, and is nearly a command, was meant as one. */
function checkCommand(word: string): void {
  if ((COMMAND_NAMES as readonly string[]).includes(word) && !existsSync(word))
    throw new UsageError(
      `Expected the command first, but found ${word} behind an option. Say finetune ${word} ... and its options after it.`,
    );
  const hint = /[/.]/.test(word) || existsSync(word) ? '' : suggestion(word, COMMAND_NAMES);
  if (hint !== '') throw new UsageError(`Expected a command or a folder of images, but found "${word}"${hint}`);
}

/** `finetune check --data pets` is `finetune check pets`: sentences about folders say `--data`. */
function dataAsDir(words: readonly string[]): readonly string[] {
  const command = words.find(word => !word.startsWith('-'));
  if (command !== 'check' && command !== 'preview') return words;
  return words.flatMap(word => (word === '--data' ? [] : [word.replace(/^--data=/, '')]));
}

/** `finetune pets` is `finetune --data pets`. */
function dirAsData({command, positionals: {dir, ...positionals}, flags}: Invocation): Invocation {
  if (dir === undefined) return {command, positionals, flags};
  if (flags.data === undefined) return {command, positionals, flags: {...flags, data: dir}};
  throw new UsageError(`Expected one folder of images, but found ${String(dir)} and --data ${String(flags.data)}. Leave out one.`);
}

/**
 * Reads a command line.
 * @param columns of the terminal that help is written for
 * @throws UsageError (exit 2)
 */
export async function readCommandLine(args: readonly string[], columns: number): Promise<Invocation | HelpText> {
  let found: {readonly name: CommandName; readonly argv: Record<string, unknown>} | undefined;
  let help = '';
  const words = dataAsDir(withoutDashes(args));
  const parser = buildParser(Math.min(columns, 110), words, (name, argv) => {
    found = {name, argv: Object.fromEntries(Object.entries(argv).map(([key, value]) => [key, withDashes(value)]))};
  });
  await parser.parseAsync(words, {}, (_error: unknown, _argv: unknown, output: string) => {
    help = output;
  });
  return found === undefined ? {help} : invocationOf(found.name, found.argv, words);
}
