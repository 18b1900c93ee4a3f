import {UsageError} from './errors.js';
import {suggestion} from './nearest.js';
import {printable} from './printable.js';

/** An argument of a call to the library that cannot be taken. */
export class ArgumentError extends UsageError {
  override readonly name = 'ArgumentError';
  override readonly code = 'INVALID_ARGUMENT';

  /**
   * @param call the function, as it is called
   * @param argument the parameter, or the option behind a dot
   */
  constructor(
    readonly call: string,
    readonly argument: string,
    expected: string,
    found: string,
    hint = '.',
  ) {
    super(`Expected ${expected} for ${argument} of ${call}, but found ${found}${hint}`);
  }
}

/** What a value must be, for a check at run time: who calls from JavaScript has no types. */
export interface Kind {
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

/** Kinds of options by name. */
export type Kinds<Options> = {readonly [Key in keyof Required<Options>]: Kind};

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

/** `null`, `the number 5`, `a Map`, `an empty string`: short, and safe to print. */
export function described(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (value === '') return 'an empty string';
  if (typeof value === 'string') return printable(JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value));
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return `the ${typeof value} ${value}`;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  if (typeof value !== 'object') return `a ${typeof value}`;
  const {name} = (Object.getPrototypeOf(value) as {constructor?: {name?: string}} | null)?.constructor ?? {};
  return name === undefined || name === '' || name === 'Object' ? 'an object' : `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${printable(name)}`;
}

const kind = (expected: string, accepts: (value: unknown) => boolean): Kind => ({expected, accepts});

export const FLAG = kind('true or false', value => typeof value === 'boolean');
export const TEXT = kind('a string that is not empty', value => typeof value === 'string' && value !== '');
/** No system takes a null character, and Node throws an error without a sentence. */
export const PATH = kind('a path', value => TEXT.accepts(value) && !(value as string).includes('\0'));
export const TEXTS = kind('an array of strings', value => Array.isArray(value) && value.every(item => typeof item === 'string'));
export const CALLBACK = kind('a function', value => typeof value === 'function');
export const RECORD = kind('an object', isObject);
export const SIGNAL = kind('an AbortSignal', value => isObject(value) && 'aborted' in value && 'addEventListener' in value);
export const ANYTHING = kind('anything', () => true);

export const oneOf = (...choices: readonly string[]): Kind =>
  kind(`${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`, value => choices.includes(value as string));

export const wholeFrom = (least: number): Kind =>
  kind(`a whole number from ${least} up`, value => Number.isInteger(value) && (value as number) >= least);

export const having = (expected: string, keys: readonly string[]): Kind =>
  kind(expected, value => isObject(value) && keys.every(key => (value as Record<string, unknown>)[key] !== undefined));

/** @throws ArgumentError */
export function checkArgument(call: string, argument: string, value: unknown, {accepts, expected}: Kind): void {
  if (!accepts(value)) throw new ArgumentError(call, argument, expected, described(value));
}

/**
 * Checks the last argument of a call: nothing, or an object of known options; one that is undefined is absent.
 * @throws ArgumentError
 */
export function checkOptions<Options extends object>(call: string, options: unknown, kinds: Kinds<Options>, argument = 'options'): void {
  if (options === undefined) return;
  checkArgument(call, argument, options, RECORD);
  const known = Object.keys(kinds);
  for (const [key, value] of Object.entries(options as object)) {
    if (!known.includes(key)) {
      const hint = suggestion(key, known) || `. Known: ${known.join(', ')}.`;
      throw new ArgumentError(call, argument, 'known options', printable(key), hint);
    }
    if (value !== undefined) checkArgument(call, `${argument}.${key}`, value, kinds[key as keyof Options]);
  }
}
