import {UsageError} from '../core/errors.js';
import {nearest} from '../core/nearest.js';
import {wordAsBoolean} from '../core/words-of-options.js';
import {validate} from '../core/schema.js';
import {ALL_OPTIONS, isBoolean, type OptionProperties, type OptionProperty} from './option-schema.js';
import {environmentName, kebab} from './words.js';

/** Option values by camelCase key. */
export type Values = Readonly<Record<string, unknown>>;

/** Names like our variables that are no option's value: FINETUNE_CACHE is a place, whatever --no-cache says. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set(['FINETUNE_CACHE']);

/** The value that a text stands for, by its option's type; what cannot be read stays text, for the schema to refuse. */
export function typed(property: OptionProperty, text: unknown): unknown {
  if (typeof text !== 'string') return text;
  const types = [property.type ?? 'string'].flat();
  if (isBoolean(property)) return wordAsBoolean(text) ?? text;
  if (!types.includes('number') && !types.includes('integer')) return text;
  return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);
}

/**
 * Checks values against their options under the names that the person used, so that the sentence speaks of what was typed.
 * @throws SchemaError (exit 2)
 */
function checked(values: Values, options: OptionProperties, spelling: (key: string) => string, what: string): Values {
  const properties = Object.fromEntries(Object.entries(options).map(([key, property]) => [spelling(key), property]));
  const spelled = Object.fromEntries(Object.entries(values).map(([key, value]) => [spelling(key), value]));
  validate({type: 'object', additionalProperties: false, properties}, spelled, what);
  return values;
}

/** Values of the command line. @param flags by kebab-case name, as yargs left them */
export function valuesOfFlags(flags: Readonly<Record<string, unknown>>, options: OptionProperties): Values {
  const given = Object.entries(options).filter(([key]) => flags[kebab(key)] !== undefined);
  const values = Object.fromEntries(given.map(([key, property]) => [key, typed(property, flags[kebab(key)])]));
  return checked(values, options, key => `--${kebab(key)}`, 'Command line');
}

/** @throws UsageError (exit 2) for a variable that looks like a misspelt option */
function checkVariables(environment: NodeJS.ProcessEnv): void {
  const known = Object.keys(ALL_OPTIONS).map(environmentName);
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('FINETUNE_') || known.includes(name) || OTHER_VARIABLES.has(name)) continue;
    // All names share their beginning: only the rest tells whether one is like another.
    const rest = name.slice('FINETUNE_'.length);
    const similar = nearest(
      rest,
      known.map(variable => variable.slice('FINETUNE_'.length)),
    );
    if (similar === undefined) continue;
    throw new UsageError(`Expected a known variable in the environment, but found ${name}; did you mean FINETUNE_${similar}?`);
  }
}

/** Values of `FINETUNE_*`; those of other commands' options are left alone, empty ones are absent. */
export function valuesOfEnvironment(environment: NodeJS.ProcessEnv, options: OptionProperties): Values {
  checkVariables(environment);
  const isGiven = (name: string): boolean => (environment[name] ?? '') !== '' && !OTHER_VARIABLES.has(name);
  const given = Object.entries(options).filter(([key]) => isGiven(environmentName(key)));
  const values = Object.fromEntries(given.map(([key, property]) => [key, typed(property, environment[environmentName(key)])]));
  return checked(values, options, environmentName, 'Environment');
}
