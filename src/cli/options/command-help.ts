import type {Argv, Options} from 'yargs';
import type {OptionTable} from '../../finetune/options/option.js';
import type {CommandSpec} from '../commands.js';
import {toKebabCase} from '../terminal/format.js';
import {COMMON_OPTIONS, describeOption, HELP_GROUPS, isBooleanOption} from './command-options.js';

/** @param shown keys of the options that the help lists */
function toYargsOptions(options: OptionTable, shown: readonly string[]): Record<string, Options> {
  return Object.fromEntries(
    Object.entries(options).map(([key, option]) => {
      const kind: Options = isBooleanOption(option)
        ? {type: 'boolean'}
        : option.isValueOptional
          ? {type: 'string'}
          : {requiresArg: true};
      const hidden = !shown.includes(key);
      return [toKebabCase(key), {...kind, hidden, describe: describeOption(option)}];
    }),
  );
}

/** Descriptions of positional arguments. */
const POSITIONAL_DESCRIPTIONS: Readonly<Record<string, string>> = {
  dir: 'folder with one sub-folder a class, or a list of images',
  model: 'a run, or the exported model in it [default: the newest run]',
  image: 'image files, folders, patterns in quotes, or - for standard input',
  run: 'directory of a run',
  task: 'install, or nothing',
  document: 'recipe or check [default: recipe]',
};

/** Names of the positional arguments in a usage: `dir` of `check <dir>`. */
export function parsePositionals(usage: string): string[] {
  return [...usage.matchAll(/[<[](\w+)(?:\.\.)?[>\]]/g)].map(match => match[1]!);
}

/** The options that most people need, if the command has them and many more. */
const commonOptions = (options: OptionTable): readonly string[] =>
  COMMON_OPTIONS.every(key => key in options || key === 'resume') ? COMMON_OPTIONS : [];

/** Options by heading. The common options come first if the command has all of them. */
function groupOptions(options: OptionTable): Readonly<Record<string, readonly string[]>> {
  const commonKeys = commonOptions(options);
  const others = Object.entries(HELP_GROUPS).map(
    ([heading, keys]) => [heading, keys.filter(key => !commonKeys.includes(key))] as const,
  );
  return {
    ...(commonKeys.length > 0 && {'Common options:': commonKeys}),
    ...Object.fromEntries(others),
  };
}

/**
 * Declares the options, arguments and examples of a command to the parser.
 * @param showsAll whether the help lists all options of a command that has common ones
 */
export function describeCommand(
  cli: Argv,
  {usage, options, positionals, examples = []}: CommandSpec,
  showsAll: boolean,
): Argv {
  const keys = Object.keys(options);
  const common = commonOptions(options).filter(key => key in options);
  const shown = showsAll || common.length === 0 ? keys : common;
  cli.options(toYargsOptions(options, shown));
  for (const name of parsePositionals(usage))
    cli.positional(name, {describe: positionals?.[name] ?? POSITIONAL_DESCRIPTIONS[name]!});
  const listed = new Set([...shown, 'help', 'version']);
  for (const [heading, group] of Object.entries(groupOptions(options)))
    cli.group(group.filter(key => listed.has(key)).map(toKebabCase), heading);
  if (shown.length < keys.length)
    cli.epilogue(`${keys.length - shown.length} more options: --help --all`);
  for (const [command, description] of examples) cli.example(command, description);
  return cli;
}
