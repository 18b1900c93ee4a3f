import {FormatError} from './format-error.js';

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @param what names the document in the error: `header` */
export function parseObject(json: Buffer, what: string): JsonObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json.toString());
  } catch (cause) {
    throw new FormatError(`a ${what} that is not JSON`, undefined, {cause});
  }
  if (!isObject(parsed)) throw new FormatError(`a ${what} that is not a JSON object`);
  return parsed;
}

/** A value of a document, for a sentence: itself where it is plain, else what it is. */
export const describeJsonValue = (value: unknown): string =>
  typeof value === 'object' && value !== null ? 'an object' : (JSON.stringify(value) ?? 'none');

/** A document as text again; what is nested too deep for that is refused. */
export function stringifyJson(value: unknown, what: string): string {
  try {
    return typeof value === 'string' ? value : JSON.stringify(value);
  } catch (cause) {
    throw new FormatError(`a ${what} that is nested too deep`, undefined, {cause});
  }
}
