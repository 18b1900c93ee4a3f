import type {OptionOrigin} from '../../finetune/recipe/recipe.js';
import type {OptionSchemas} from './option-schema.js';
import {readEnvironmentValues, readFlagValues, type OptionValues} from './read-values.js';
import {readRecipeFile} from './recipe-file.js';

/** Options said in one place. */
export interface OptionSource {
  readonly source: OptionOrigin;
  readonly values: OptionValues;
}

/** Values in force and where each came from. */
export interface MergedOptions {
  readonly values: OptionValues;
  readonly sources: Readonly<Record<string, OptionOrigin>>;
}

/**
 * What was said in each place, strongest first: flags, environment, and the recipe file that one of them names.
 * @param flags by kebab-case name
 * @throws UsageError, SchemaError (exit 2)
 */
export function readOptionSources(
  flags: OptionValues,
  environment: NodeJS.ProcessEnv,
  options: OptionSchemas,
): readonly OptionSource[] {
  const optionSources: OptionSource[] = [
    {source: 'flag', values: readFlagValues(flags, options)},
    {source: 'environment', values: readEnvironmentValues(environment, options)},
  ];
  const recipe = mergeOptions(optionSources, {}).values.recipe;
  return typeof recipe === 'string'
    ? [...optionSources, {source: 'recipe file', values: readRecipeFile(recipe)}]
    : optionSources;
}

const defaultValues = (options: OptionSchemas): OptionValues =>
  Object.fromEntries(
    Object.entries(options).flatMap(([key, property]) =>
      'default' in property ? [[key, property.default]] : [],
    ),
  );

/** The strongest layer that says something of an option wins. */
export function mergeOptions(
  optionSources: readonly OptionSource[],
  options: OptionSchemas,
): MergedOptions {
  const weakestFirst = [
    ...optionSources,
    {source: 'default', values: defaultValues(options)} as const,
  ].reverse();
  const values: Record<string, unknown> = {};
  const sources: Record<string, OptionOrigin> = {};
  for (const optionSource of weakestFirst) {
    for (const [key, value] of Object.entries(optionSource.values)) {
      values[key] = value;
      sources[key] = optionSource.source;
    }
  }
  return {values, sources};
}
