import type {Argv, Options} from 'yargs';
import type {OptionTable} from '../../finetune/options/option.js';
import type {CommandSpec} from '../commands.js';
import {toKebabCase} from '../terminal/format.js';
import {COMMON_OPTIONS, describeOption, HELP_GROUPS, isBooleanOption} from './command-options.js';

function toYargsOptions(options: OptionTable): Record<string, Options> {
  return Object.fromEntries(
    Object.entries(options).map(([key, option]) => {
      const kind: Options = isBooleanOption(option)
        ? {type: 'boolean'}
        : option.isValueOptional
          ? {type: 'string'}
          : {requiresArg: true};
      return [toKebabCase(key), {...kind, describe: describeOption(option)}];
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

/** Options by heading. The common options come first if the command has all of them. */
function groupOptions(options: OptionTable): Readonly<Record<string, readonly string[]>> {
  const commonKeys = COMMON_OPTIONS.every(key => key in options || key === 'resume')
    ? COMMON_OPTIONS
    : [];
  const others = Object.entries(HELP_GROUPS).map(
    ([heading, keys]) => [heading, keys.filter(key => !commonKeys.includes(key))] as const,
  );
  return {
    ...(commonKeys.length > 0 && {'Common options:': commonKeys}),
    ...Object.fromEntries(others),
  };
}

/** Declares the options, arguments and examples of a command to the parser. */
export function describeCommand(
  cli: Argv,
  {usage, options, positionals, examples = []}: CommandSpec,
): Argv {
  cli.options(toYargsOptions(options));
  for (const name of parsePositionals(usage))
    cli.positional(name, {describe: positionals?.[name] ?? POSITIONAL_DESCRIPTIONS[name]!});
  for (const [heading, keys] of Object.entries(groupOptions(options))) {
    cli.group(
      keys.filter(key => key in options || key === 'help' || key === 'version').map(toKebabCase),
      heading,
    );
  }
  for (const [command, description] of examples) cli.example(command, description);
  return cli;
}
