import {createRequire} from 'node:module';
import type * as ajv from 'ajv';
import {describeValue} from './arguments.js';
import {defineError, UsageError} from './errors.js';
import {suggest} from './text/suggest.js';

/** The subset of JSON Schema that this project uses. */
export interface ObjectSchema {
  readonly type: 'object';
  readonly additionalProperties?: false | object;
  readonly required?: readonly string[];
  readonly properties: Readonly<Record<string, object>>;
  readonly [keyword: string]: unknown;
}

/** A document that violates its schema. `issues` holds one sentence per violation. */
export class SchemaError extends defineError(
  UsageError,
  'SCHEMA_VIOLATION',
  ({subject, issues}: {subject: string; issues: readonly string[]}) =>
    `${subject}: ${issues.join(' ')}`,
) {}

const validators: {all?: ajv.Ajv; first?: ajv.Ajv} = {};

/** Loads ajv at the first validation: that takes 30 ms, and `--help` validates nothing. */
function createValidator(mode: 'all' | 'first'): ajv.Ajv {
  const {Ajv} = createRequire(import.meta.url)('ajv') as typeof ajv;
  const options = {strict: true, allowUnionTypes: true, verbose: true, allErrors: mode === 'all'};
  return new Ajv(options);
}

/** Maximum number of characters shown of a value: it may be a whole file. */
const MAX_SHOWN_LENGTH = 200;

const truncateValue = (text: string): string =>
  text.length > MAX_SHOWN_LENGTH ? `${text.slice(0, MAX_SHOWN_LENGTH)}...` : text;

/** A value as JSON, or described in words if it has no JSON form. */
function formatValue(value: unknown): string {
  try {
    return truncateValue(JSON.stringify(value) ?? describeValue(value));
  } catch {
    return describeValue(value);
  }
}

/** Converts a JSON pointer: `/phases/0/rates` -> `phases.0.rates`. */
const toDottedPath = (pointer: string): string =>
  truncateValue(pointer.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~'));

/** Joins choices: `crop, squash or pad`. */
function either(choices: readonly unknown[]): string {
  const texts = choices.map(choice => (typeof choice === 'string' ? choice : formatValue(choice)));
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} or ${texts.at(-1)}`;
}

/** Longer lists of choices are not written out where there is another way to tell them. */
export const MAX_LISTED_CHOICES = 12;

const suggestSimilar = (value: unknown, choices: readonly unknown[]): string =>
  (typeof value === 'string' &&
    suggest(
      value,
      choices.filter(choice => typeof choice === 'string'),
    )) ||
  '.';

function describeIssue(error: ajv.ErrorObject): string {
  const path = toDottedPath(error.instancePath);
  const prefix = path === '' ? '' : `${path}.`;
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(error.params.additionalProperty);
      const known = Object.keys((error.parentSchema as {properties?: object}).properties ?? {});
      return `"${prefix}${truncateValue(key)}" is no known key${suggest(key, known) || `. Known keys: ${known.join(', ')}.`}`;
    }
    case 'required':
      return `"${prefix}${error.params.missingProperty}" is missing.`;
    case 'enum': {
      const choices = error.schema as readonly unknown[];
      const suggestion = suggestSimilar(error.data, choices);
      const isAnswered = suggestion !== '.' && choices.length > MAX_LISTED_CHOICES;
      return `"${path}" cannot be ${formatValue(error.data)}${suggestion}${isAnswered ? '' : ` Use ${either(choices)}.`}`;
    }
    default: {
      const {examples} = Object(error.parentSchema) as {examples?: readonly unknown[]};
      // A regular expression helps only its author, so the message shows examples.
      if (error.keyword === 'pattern' && examples)
        return `"${path}" cannot be ${formatValue(error.data)}. Use ${either(examples)}, or the like.`;
      return `${path === '' ? 'The document' : `"${path}"`} ${error.message ?? 'is not valid'}; it is ${formatValue(error.data)}.`;
    }
  }
}

/**
 * Describes errors. Each branch of `anyOf` fails separately. If one branch accepts the value's type and only something inside is wrong,
 * that error is reported; otherwise one sentence covers the value.
 */
function describeIssues(errors: readonly ajv.ErrorObject[]): string[] {
  const alternatives = errors.filter(error => error.keyword === 'anyOf');
  const others = errors.filter(error => error.keyword !== 'anyOf');
  const isBranchOf = (either: ajv.ErrorObject, error: ajv.ErrorObject): boolean =>
    error.schemaPath.startsWith(either.schemaPath);
  const isInside = (either: ajv.ErrorObject, error: ajv.ErrorObject): boolean =>
    isBranchOf(either, error) && error.instancePath.length > either.instancePath.length;
  const described = alternatives
    .filter(either => !others.some(error => isInside(either, error)))
    .map(describeAlternatives);
  const reported = others.filter(error =>
    alternatives.every(either => !isBranchOf(either, error) || isInside(either, error)),
  );
  return [...new Set([...described, ...reported.map(describeIssue)])];
}

function describeAlternatives({parentSchema, instancePath, data}: ajv.ErrorObject): string {
  const {description = 'one of the allowed forms', anyOf = []} = parentSchema as {
    readonly description?: string;
    readonly anyOf?: readonly {readonly enum?: readonly unknown[]}[];
  };
  const choices = anyOf.flatMap(branch => branch.enum ?? []);
  return `"${toDottedPath(instancePath)}" cannot be ${formatValue(data)}${suggestSimilar(data, choices)} Use ${description}.`;
}

/**
 * Validates a document and returns it with its type.
 * @param subject names the document at the start of the message: `Recipe ./pets.json`
 * @param mode `first` for untrusted documents, which may hold millions of violations
 * @throws SchemaError (exit 2) with one sentence per violation, or only the first
 */
export function validate<T>(
  schema: ObjectSchema,
  document: unknown,
  subject: string,
  mode: 'all' | 'first' = 'all',
): T {
  const validateDocument = (validators[mode] ??= createValidator(mode)).compile<T>(schema);
  if (validateDocument(document)) return document;
  throw new SchemaError({subject, issues: describeIssues(validateDocument.errors ?? [])});
}
