import {Malformed} from './malformed.js';

export type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** @param what names the document in the error: `header` */
export function parseObject(json: Buffer, what: string): JsonObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json.toString());
  } catch (cause) {
    throw new Malformed(`a ${what} that is not JSON`, undefined, {cause});
  }
  if (!isObject(parsed)) throw new Malformed(`a ${what} that is not a JSON object`);
  return parsed;
}
