import {UsageError} from '../../core/errors.js';
import {findNearest} from '../../core/text/suggest.js';
import {parseBoolean} from '../../core/text/parse-boolean.js';
import {validate} from '../../core/schema.js';
import type {OptionValues} from '../../finetune/options/merge-options.js';
import {toObjectSchema, type Option, type OptionTable} from '../../finetune/options/option.js';
import {toEnvironmentName, toKebabCase} from '../terminal/format.js';
import {FLAG_OPTIONS, isBooleanOption} from './command-options.js';

/** Environment variables that resemble an option and are none: FINETUNE_CACHE is a path and unrelated to --no-cache. */
const RESERVED_VARIABLES: ReadonlySet<string> = new Set(['FINETUNE_CACHE']);

/** Converts text to the type of an option. Invalid text stays text, so that schema validation rejects it. */
export function parseValue(option: Option, text: unknown): unknown {
  if (typeof text !== 'string') return text;
  const types = [option.schema.type ?? 'string'].flat();
  if (isBooleanOption(option)) return parseBoolean(text) ?? text;
  if (!types.includes('number') && !types.includes('integer')) return text;
  return text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);
}

/**
 * Validates values under the names that the user typed, so that error messages repeat those.
 * @throws SchemaError (exit 2)
 */
function validateValues(
  values: OptionValues,
  options: OptionTable,
  toName: (key: string) => string,
  what: string,
): OptionValues {
  const rename = <Value>(entries: Readonly<Record<string, Value>>): Record<string, Value> =>
    Object.fromEntries(Object.entries(entries).map(([key, value]) => [toName(key), value]));
  validate(toObjectSchema(rename(options)), rename(values), what);
  return values;
}

/** Reads the values of the command line. @param flags values by kebab-case name, as yargs returns them */
export function readFlagValues(
  flags: Readonly<Record<string, unknown>>,
  options: OptionTable,
): OptionValues {
  const given = Object.entries(options).filter(([key]) => flags[toKebabCase(key)] !== undefined);
  const values = Object.fromEntries(
    given.map(([key, option]) => [key, parseValue(option, flags[toKebabCase(key)])]),
  );
  return validateValues(values, options, key => `--${toKebabCase(key)}`, 'Command line');
}

/** @throws UsageError (exit 2) for a variable that looks like a misspelled option */
function checkVariables(environment: NodeJS.ProcessEnv): void {
  const known = Object.keys(FLAG_OPTIONS).map(toEnvironmentName);
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('FINETUNE_') || known.includes(name) || RESERVED_VARIABLES.has(name))
      continue;
    // All names share the prefix, so only the rest is compared.
    const rest = name.slice('FINETUNE_'.length);
    const similar = findNearest(
      rest,
      known.map(variable => variable.slice('FINETUNE_'.length)),
    );
    if (similar === undefined) continue;
    throw new UsageError(
      `${name} in the environment is no known variable; did you mean FINETUNE_${similar}?`,
    );
  }
}

/** Reads the values of `FINETUNE_*` variables. Options of other commands are ignored; empty values count as absent. */
export function readEnvironmentValues(
  environment: NodeJS.ProcessEnv,
  options: OptionTable,
): OptionValues {
  checkVariables(environment);
  const isGiven = (name: string): boolean =>
    (environment[name] ?? '') !== '' && !RESERVED_VARIABLES.has(name);
  const given = Object.entries(options).filter(([key]) => isGiven(toEnvironmentName(key)));
  const values = Object.fromEntries(
    given.map(([key, option]) => [key, parseValue(option, environment[toEnvironmentName(key)])]),
  );
  return validateValues(values, options, toEnvironmentName, 'Environment');
}
