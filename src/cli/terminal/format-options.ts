import {formatCount} from '../../core/text/format-count.js';
import type {MergedOptions, OptionValues} from '../../finetune/options/merge-options.js';
import {OPTIONS} from '../../finetune/options/options.js';
import type {ResolvedRecipe} from '../../finetune/recipe/resolve-recipe.js';
import {toKebabCase} from './format.js';
import {formatTable, truncateMiddle} from './screen/layout.js';

/** Columns reserved for the name and source of an option, next to its value. */
const OPTION_COLUMNS = 34;

const formatValue = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

/** Table of all effective options in the order of the help, fitted to the terminal: name, value, source. */
export function formatOptions(
  others: MergedOptions,
  {recipe, sources}: ResolvedRecipe,
  out: string,
  columns: number,
): string[] {
  const {phases, ...recipeValues} = recipe;
  const schedule = phases
    .map(({name, epochs}) => `${name} (${formatCount(epochs, 'epoch')})`)
    .join(', ');
  const scheduleKey = sources.freeze === undefined ? 'phases' : 'freeze';
  const values: OptionValues = {...others.values, ...recipeValues, [scheduleKey]: schedule, out};
  const origins: Readonly<Record<string, string>> = {
    ...{out: 'default', ...others.sources},
    ...sources,
  };
  const rows = Object.keys(OPTIONS)
    .filter(key => values[key] !== undefined)
    .map(key => [
      toKebabCase(key),
      truncateMiddle(formatValue(values[key]), columns - OPTION_COLUMNS),
      origins[key] ?? 'default',
    ]);
  return formatTable([['option', 'value', 'from'], ...rows]);
}
