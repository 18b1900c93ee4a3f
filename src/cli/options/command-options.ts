import {MAX_LISTED_CHOICES} from '../../core/schema.js';
import type {Option, OptionTable} from '../../finetune/options/option.js';
import {keysOf, OPTION_GROUPS, selectOptions} from '../../finetune/options/options.js';

/** Options that have a flag and an environment variable. */
export const FLAG_OPTIONS = selectOptions(({isFileOnly}) => isFileOnly !== true);
/** Options that a recipe file may set. */
export const FILE_OPTIONS = selectOptions(({scope}) => scope !== 'console');

/** Table of the named options. */
export const pickOptions = (...keys: readonly string[]): OptionTable =>
  Object.fromEntries(keys.map(key => [key, FLAG_OPTIONS[key]!]));

/** Table of all options except the named ones. */
export const omitOptions = (...keys: readonly string[]): OptionTable =>
  Object.fromEntries(Object.entries(FLAG_OPTIONS).filter(([key]) => !keys.includes(key)));

/** One option with a different help text. */
export const withHelp = (key: string, help: string): OptionTable => ({
  [key]: {...FLAG_OPTIONS[key]!, help},
});

/** Options with command-specific defaults. */
export const withDefaults = (
  options: OptionTable,
  defaults: Readonly<Record<string, unknown>>,
): OptionTable =>
  Object.fromEntries(
    Object.entries(options).map(([key, option]) => [
      key,
      key in defaults ? {...option, default: defaults[key]} : option,
    ]),
  );

/** Most used options, listed first in long help texts. */
export const COMMON_OPTIONS: readonly string[] = [...keysOf(({isCommon}) => isCommon === true)];

/** Options by heading of the help. */
export const HELP_GROUPS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries(OPTION_GROUPS).map(([heading, options]) => [
    `${heading}:`,
    [...Object.keys(options), ...(heading === 'Output' ? ['help', 'version'] : [])],
  ]),
);

export const isBooleanOption = ({schema}: Option): boolean => schema.type === 'boolean';

/** Help text of an option: `depth of the network: resnet18, resnet34 [default: resnet50]`. `[recommended]` values depend on the dataset. */
export function describeOption({
  schema: {enum: choices = []},
  help,
  default: defaultValue,
  defaultText,
  isRecommended,
}: Option): string {
  const isNamed =
    choices.length > MAX_LISTED_CHOICES ||
    choices.every(choice => ` ${help} `.split(/[^\w+-]/).includes(String(choice)));
  const description = isNamed ? help : `${help}: ${choices.join(', ')}`;
  if (defaultValue !== undefined && defaultValue !== false)
    return `${description} [default: ${typeof defaultValue === 'object' ? JSON.stringify(defaultValue) : String(defaultValue)}]`;
  if (defaultText !== undefined) return `${description} [default: ${defaultText}]`;
  return isRecommended ? `${description} [recommended]` : description;
}
