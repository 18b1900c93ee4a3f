import {readFile, stat} from 'node:fs/promises';

/** Arrays and objects within each other; what this project writes has ten at most. */
const MAX_DEPTH = 100;

/** Iterative, since what is too deep for `JSON.stringify` and ajv would be too deep for this. */
function checkDepth(document: unknown): void {
  const open: (readonly [value: unknown, depth: number])[] = [[document, 0]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [value, depth] = next;
    if (typeof value !== 'object' || value === null) continue;
    if (depth === MAX_DEPTH) throw new Error(`it has more than ${MAX_DEPTH} brackets within each other`);
    for (const inner of Object.values(value)) if (typeof inner === 'object') open.push([inner, depth + 1]);
  }
}

/**
 * The JSON document in a file that somebody else may have made: neither a pipe nor a device is waited for, and neither length nor depth is
 * without an end.
 * @throws Error whose message says what there is instead
 */
export async function readJsonFile(path: string, maxBytes: number): Promise<unknown> {
  const found = await stat(path);
  if (!found.isFile()) throw new Error('it is no file');
  if (found.size > maxBytes) throw new Error(`it has ${found.size} bytes, above the limit of ${maxBytes}`);
  const document: unknown = JSON.parse(await readFile(path, 'utf8'));
  checkDepth(document);
  return document;
}
