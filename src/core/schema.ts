import {Ajv, type ErrorObject} from 'ajv';
import {described} from './arguments.js';
import {UsageError} from './errors.js';
import {suggestion} from './nearest.js';

/** The parts of JSON Schema this project writes. */
export interface ObjectSchema {
  readonly type: 'object';
  readonly additionalProperties?: false | object;
  readonly required?: readonly string[];
  readonly properties: Readonly<Record<string, object>>;
  readonly [keyword: string]: unknown;
}

/** A document that does not follow its schema. `issues` holds one sentence each. */
export class SchemaError extends UsageError {
  override readonly name = 'SchemaError';
  override readonly code = 'SCHEMA';

  constructor(
    readonly what: string,
    readonly issues: readonly string[],
  ) {
    super(`${what}: ${issues.join(' ')}`);
  }
}

const OPTIONS = {strict: true, allowUnionTypes: true, verbose: true};
const ALL = new Ajv({...OPTIONS, allErrors: true});
const FIRST = new Ajv(OPTIONS);

/** Characters of a value that are shown: it may be a whole file. */
const SHOWN = 200;

const short = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}...` : text);

/** As JSON, or as it is called where there is none. */
function show(value: unknown): string {
  try {
    return short(JSON.stringify(value) ?? described(value));
  } catch {
    return described(value);
  }
}

/** `/phases/0/rates` -> `phases.0.rates` */
const dotted = (pointer: string): string => short(pointer.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~'));

/** `crop, squash or pad` */
function either(choices: readonly unknown[]): string {
  const words = choices.map(choice => (typeof choice === 'string' ? choice : show(choice)));
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

const similar = (value: unknown, choices: readonly unknown[]): string =>
  (typeof value === 'string' &&
    suggestion(
      value,
      choices.filter(choice => typeof choice === 'string'),
    )) ||
  '.';

function sentence(error: ErrorObject): string {
  const path = dotted(error.instancePath);
  const inside = path === '' ? '' : `${path}.`;
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(error.params.additionalProperty);
      const known = Object.keys((error.parentSchema as {properties?: object}).properties ?? {});
      return `Expected a known key, but found "${inside}${short(key)}"${suggestion(key, known) || `. Known keys: ${known.join(', ')}.`}`;
    }
    case 'required':
      return `Expected "${inside}${error.params.missingProperty}", but found nothing.`;
    case 'enum': {
      const choices = error.schema as readonly unknown[];
      return `Expected ${either(choices)} for "${path}", but found ${show(error.data)}${similar(error.data, choices)}`;
    }
    default: {
      const {examples} = Object(error.parentSchema) as {examples?: readonly unknown[]};
      // A pattern says little to those who have not written it.
      if (error.keyword === 'pattern' && examples)
        return `Expected ${either(examples)} for "${path}", or the like, but found ${show(error.data)}.`;
      return `Expected ${path === '' ? 'the document' : `"${path}"`} ${error.message?.replace(/^must/, 'to')}, but found ${show(error.data)}.`;
    }
  }
}

/**
 * Alternatives (`anyOf`) fail branch by branch. Where one fits the value itself and something inside is wrong, that is worth saying; else a
 * reader wants one sentence about the value.
 */
function sentences(errors: readonly ErrorObject[]): string[] {
  const alternatives = errors.filter(error => error.keyword === 'anyOf');
  const others = errors.filter(error => error.keyword !== 'anyOf');
  const isOf = (either: ErrorObject, error: ErrorObject): boolean => error.schemaPath.startsWith(either.schemaPath);
  const isInside = (either: ErrorObject, error: ErrorObject): boolean =>
    isOf(either, error) && error.instancePath.length > either.instancePath.length;
  const described = alternatives.filter(either => !others.some(error => isInside(either, error))).map(alternative);
  const told = others.filter(error => alternatives.every(either => !isOf(either, error) || isInside(either, error)));
  return [...new Set([...described, ...told.map(sentence)])];
}

function alternative({parentSchema, instancePath, data}: ErrorObject): string {
  const {description = 'one of the allowed forms', anyOf = []} = parentSchema as {
    readonly description?: string;
    readonly anyOf?: readonly {readonly enum?: readonly unknown[]}[];
  };
  const choices = anyOf.flatMap(branch => branch.enum ?? []);
  return `Expected ${description} for "${dotted(instancePath)}", but found ${show(data)}${similar(data, choices)}`;
}

/**
 * Checks a document and gives it its type.
 * @param what names the document at the head of the error: `Recipe ./pets.json`
 * @param report `first` for a document of unknown origin, in which a million things may be wrong
 * @throws SchemaError (exit 2) with one sentence per violation, or for the first
 */
export function validate<T>(schema: ObjectSchema, document: unknown, what: string, report: 'all' | 'first' = 'all'): T {
  const check = (report === 'all' ? ALL : FIRST).compile<T>(schema);
  if (check(document)) return document;
  throw new SchemaError(what, sentences(check.errors ?? []));
}
