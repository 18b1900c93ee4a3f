import {Ajv, type ErrorObject} from 'ajv';
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

const ajv = new Ajv({allErrors: true, strict: true, allowUnionTypes: true, verbose: true});

const show = (value: unknown): string => JSON.stringify(value) ?? 'nothing';

/** `/phases/0/rates` -> `phases.0.rates` */
const dotted = (pointer: string): string => pointer.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');

function sentence(error: ErrorObject): string {
  const path = dotted(error.instancePath);
  const inside = path === '' ? '' : `${path}.`;
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(error.params.additionalProperty);
      const known = Object.keys((error.parentSchema as {properties?: object}).properties ?? {});
      return `Expected a known key, but found "${inside}${key}"${suggestion(key, known) || `. Known keys: ${known.join(', ')}.`}`;
    }
    case 'required':
      return `Expected "${inside}${error.params.missingProperty}", but found nothing.`;
    case 'enum':
      return `Expected ${(error.schema as unknown[]).map(show).join(', ')} for "${path}", but found ${show(error.data)}.`;
    default:
      return `Expected ${path === '' ? 'the document' : `"${path}"`} ${error.message?.replace(/^must/, 'to')}, but found ${show(error.data)}.`;
  }
}

/** Alternatives (`anyOf`) fail branch by branch; a reader wants one sentence about the value. */
function sentences(errors: readonly ErrorObject[]): string[] {
  const alternatives = errors.filter(error => error.keyword === 'anyOf');
  const others = errors.filter(
    error => error.keyword !== 'anyOf' && !alternatives.some(either => error.schemaPath.startsWith(either.schemaPath)),
  );
  const described = alternatives.map(error => {
    const wanted = (error.parentSchema as {description?: string}).description ?? 'one of the allowed forms';
    return `Expected ${wanted} for "${dotted(error.instancePath)}", but found ${show(error.data)}.`;
  });
  return [...new Set([...described, ...others.map(sentence)])];
}

/**
 * Checks a document and gives it its type.
 * @param what names the document at the head of the error: `Recipe ./pets.json`
 * @throws SchemaError (exit 2) with one sentence per violation
 */
export function validate<T>(schema: ObjectSchema, document: unknown, what: string): T {
  const check = ajv.compile<T>(schema);
  if (check(document)) return document;
  throw new SchemaError(what, sentences(check.errors ?? []));
}
