import type {Source} from '../finetune/recipe.js';
import type {OptionProperties} from './option-schema.js';
import {valuesOfEnvironment, valuesOfFlags, type Values} from './read-values.js';
import {readRecipeFile} from './recipe-file.js';

/** Options said in one place. */
export interface OptionLayer {
  readonly source: Source;
  readonly values: Values;
}

/** Values in force and where each came from. */
export interface Settled {
  readonly values: Values;
  readonly sources: Readonly<Record<string, Source>>;
}

/**
 * What was said in each place, strongest first: flags, environment, and the recipe file that one of them names.
 * @param flags by kebab-case name
 * @throws UsageError, SchemaError (exit 2)
 */
export function readLayers(flags: Values, environment: NodeJS.ProcessEnv, options: OptionProperties): readonly OptionLayer[] {
  const said: OptionLayer[] = [
    {source: 'flag', values: valuesOfFlags(flags, options)},
    {source: 'environment', values: valuesOfEnvironment(environment, options)},
  ];
  const recipe = settle(said, {}).values.recipe;
  return typeof recipe === 'string' ? [...said, {source: 'recipe file', values: readRecipeFile(recipe)}] : said;
}

const defaultsOf = (options: OptionProperties): Values =>
  Object.fromEntries(Object.entries(options).flatMap(([key, property]) => ('default' in property ? [[key, property.default]] : [])));

/** The strongest layer that says something of an option wins. */
export function settle(layers: readonly OptionLayer[], options: OptionProperties): Settled {
  const weakestFirst = [...layers, {source: 'default', values: defaultsOf(options)} as const].reverse();
  const values: Record<string, unknown> = {};
  const sources: Record<string, Source> = {};
  for (const layer of weakestFirst) {
    for (const [key, value] of Object.entries(layer.values)) {
      values[key] = value;
      sources[key] = layer.source;
    }
  }
  return {values, sources};
}
