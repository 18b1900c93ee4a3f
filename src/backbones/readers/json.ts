import {FormatError} from './format-error.js';

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @param what name of the document in the error message: `header` */
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

/** Describes a value of a document for a message: the value itself if it is simple, else its type. */
export const describeJsonValue = (value: unknown): string =>
  typeof value === 'object' && value !== null ? 'an object' : (JSON.stringify(value) ?? 'none');

/** Serializes part of a document. Values nested too deeply for that are rejected. */
export function stringifyJson(value: unknown, what: string): string {
  try {
    return typeof value === 'string' ? value : JSON.stringify(value);
  } catch (cause) {
    throw new FormatError(`a ${what} that is nested too deep`, undefined, {cause});
  }
}
