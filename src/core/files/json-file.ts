import {readFile, stat} from 'node:fs/promises';

/** Maximum nesting of arrays and objects. Files of this project have at most ten levels. */
const MAX_DEPTH = 100;

/**
 * Maximum number of arrays and objects: each takes about fifty times the memory of its brackets. Metrics of 100,000 classes have twice as
 * many as that.
 */
const MAX_CONTAINERS = 1_000_000;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPEN, CLOSE] = [new Set([0x5b, 0x7b]), new Set([0x5d, 0x7d])];

/** Offset after the string that starts at `start`, past its closing quote. */
function endOfString(json: Uint8Array, start: number): number {
  let end = start;
  while (end < json.length && json[end] !== QUOTE) end += json[end] === BACKSLASH ? 2 : 1;
  return end + 1;
}

/**
 * Checks nesting before parsing, because parsing is what takes the memory.
 * @param json UTF-8: bytes of multi-byte characters never equal a bracket or quote
 * @throws Error with a message that names the exceeded limit
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
 * Reads a JSON file from an untrusted source. Pipes and devices are rejected, because they may block; length and nesting are limited.
 * @throws Error with a message that says what is there instead
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
