import {defineError, UsageError} from './errors.js';
import {suggest} from './text/suggest.js';
import {printable} from './text/printable.js';

/**
 * An invalid argument of a library call.
 *
 * @example
 * try {
 *   await loadImageFolder('');
 * } catch (error) {
 *   if (error instanceof ArgumentError) console.error(error.call, error.argument);
 * }
 */
export class ArgumentError extends defineError(
  UsageError,
  'INVALID_ARGUMENT',
  (
    {
      call,
      argument,
    }: {
      /** The function, e.g. `startBackend()`. */
      call: string;
      /** The parameter, or an option of it: `options.device`. */
      argument: string;
    },
    {problem}: {problem: string},
  ) => `${argument} of ${call} ${problem}`,
) {}

/** A run-time check of an argument: callers in plain JavaScript have no type checking. */
export interface ArgumentKind {
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

/** The kind of each option, by name. */
export type OptionKinds<Options> = {readonly [Key in keyof Required<Options>]: ArgumentKind};

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Describes a value in a few words that are safe to print: `null`, `the number 5`, `a Map`, `an empty string`. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (value === '') return 'an empty string';
  if (typeof value === 'string')
    return printable(JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value));
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean')
    return `the ${typeof value} ${value}`;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  if (typeof value !== 'object') return `a ${typeof value}`;
  const {name} =
    (Object.getPrototypeOf(value) as {constructor?: {name?: string}} | null)?.constructor ?? {};
  return name === undefined || name === '' || name === 'Object'
    ? 'an object'
    : `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${printable(name)}`;
}

const defineKind = (expected: string, accepts: (value: unknown) => boolean): ArgumentKind => ({
  expected,
  accepts,
});

export const BOOLEAN = defineKind('true or false', value => typeof value === 'boolean');
export const STRING = defineKind(
  'a string that is not empty',
  value => typeof value === 'string' && value !== '',
);
/** A path without null characters: no system accepts them, and Node's own error does not explain it. */
export const PATH = defineKind(
  'a path',
  value => STRING.accepts(value) && !(value as string).includes('\0'),
);
export const STRINGS = defineKind(
  'an array of strings',
  value => Array.isArray(value) && value.every(item => typeof item === 'string'),
);
export const CALLBACK = defineKind('a function', value => typeof value === 'function');
export const OBJECT = defineKind('an object', isObject);
export const ABORT_SIGNAL = defineKind(
  'an AbortSignal',
  value => isObject(value) && 'aborted' in value && 'addEventListener' in value,
);
export const ANY = defineKind('anything', () => true);

export const oneOf = (...choices: readonly string[]): ArgumentKind =>
  defineKind(`${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`, value =>
    choices.includes(value as string),
  );

export const integerFrom = (minimum: number): ArgumentKind =>
  defineKind(
    `a whole number from ${minimum} up`,
    value => Number.isInteger(value) && (value as number) >= minimum,
  );

export const objectWith = (expected: string, keys: readonly string[]): ArgumentKind =>
  defineKind(
    expected,
    value =>
      isObject(value) && keys.every(key => (value as Record<string, unknown>)[key] !== undefined),
  );

/** Checks one argument. @throws ArgumentError */
export function checkArgument(
  call: string,
  argument: string,
  value: unknown,
  {accepts, expected}: ArgumentKind,
): void {
  if (!accepts(value))
    throw new ArgumentError(
      {call, argument},
      {problem: `is ${describeValue(value)}. Give ${expected}.`},
    );
}

/**
 * Checks an options argument: undefined, or an object with known keys only. An option that is undefined counts as absent.
 * @throws ArgumentError
 */
export function checkOptions<Options extends object>(
  call: string,
  options: unknown,
  kinds: OptionKinds<Options>,
  argument = 'options',
): void {
  if (options === undefined) return;
  checkArgument(call, argument, options, OBJECT);
  const knownKeys = Object.keys(kinds);
  for (const [key, value] of Object.entries(options as object)) {
    if (!knownKeys.includes(key)) {
      const hint = suggest(key, knownKeys) || `. Known: ${knownKeys.join(', ')}.`;
      throw new ArgumentError({call, argument}, {problem: `cannot have ${printable(key)}${hint}`});
    }
    if (value !== undefined)
      checkArgument(call, `${argument}.${key}`, value, kinds[key as keyof Options]);
  }
}
