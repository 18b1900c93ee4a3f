import {readFile, stat} from 'node:fs/promises';

/** Arrays and objects within each other; what this project writes has ten at most. */
const MAX_DEPTH = 100;

/** Arrays and objects in all: each takes some fifty times the memory of its brackets. Metrics of 100,000 classes have twice as many. */
const MAX_CONTAINERS = 1_000_000;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPEN, CLOSE] = [new Set([0x5b, 0x7b]), new Set([0x5d, 0x7d])];

/** The byte behind the text that begins at `start`, its quote included. */
function endOfString(json: Uint8Array, start: number): number {
  let end = start;
  while (end < json.length && json[end] !== QUOTE) end += json[end] === BACKSLASH ? 2 : 1;
  return end + 1;
}

/**
 * Before it is parsed, since parsing is what takes the memory.
 * @param json UTF-8: the bytes of other characters are none of these
 * @throws Error whose message says what is too much
 */
export function assertNesting(json: Uint8Array): void {
  let [depth, containers] = [0, 0];
  for (let position = 0; position < json.length;) {
    const byte = json[position]!;
    if (OPEN.has(byte)) {
      if (++depth > MAX_DEPTH)
        throw new Error(`it has more than ${MAX_DEPTH} brackets within each other`);
      if (++containers > MAX_CONTAINERS)
        throw new Error(`it has more than ${MAX_CONTAINERS} lists and objects`);
    } else if (CLOSE.has(byte)) depth--;
    position = byte === QUOTE ? endOfString(json, position + 1) : position + 1;
  }
}

/**
 * The JSON document in a file that somebody else may have made: neither a pipe nor a device is waited for, and neither length nor nesting is
 * without an end.
 * @throws Error whose message says what there is instead
 */
export async function readJsonFile(path: string, maxBytes: number): Promise<unknown> {
  const stats = await stat(path);
  if (!stats.isFile()) throw new Error('it is no file');
  if (stats.size > maxBytes)
    throw new Error(`it has ${stats.size} bytes, above the limit of ${maxBytes}`);
  const json = await readFile(path);
  assertNesting(json);
  return JSON.parse(json.toString());
}
