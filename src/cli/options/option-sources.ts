import {
  mergeOptions,
  type OptionSource,
  type OptionValues,
} from '../../finetune/options/merge-options.js';
import type {OptionTable} from '../../finetune/options/option.js';
import {readEnvironmentValues, readFlagValues} from './read-values.js';
import {readRecipeFile} from './recipe-file.js';

/**
 * Reads the options of all sources, highest precedence first: flags, environment variables, and the recipe file that one of them names.
 * @param flags values by kebab-case name
 * @throws UsageError, SchemaError (exit 2)
 */
export function readOptionSources(
  flags: OptionValues,
  environment: NodeJS.ProcessEnv,
  options: OptionTable,
): readonly OptionSource[] {
  const optionSources: OptionSource[] = [
    {source: 'flag', values: readFlagValues(flags, options)},
    {source: 'environment', values: readEnvironmentValues(environment, options)},
  ];
  const {recipe} = mergeOptions(optionSources).values;
  return typeof recipe === 'string'
    ? [...optionSources, {source: 'recipe file', values: readRecipeFile(recipe)}]
    : optionSources;
}
