// Words that begin with a dash and are no flags.

/** In the place of `-`, which the parser takes for a flag without a name. No argument of a process has this character. */
const DASH = '\u0000';

/**
 * Words behind `--` are no flags. All that could be taken for one are paths, and a path may begin with `./`.
 * @returns the words for the parser, without the `--`
 */
export function withoutDashes(words: readonly string[]): string[] {
  const at = words.includes('--') ? words.indexOf('--') : words.length;
  const behind = words.slice(at + 1).map(word => (word.startsWith('-') && word !== '-' ? `./${word}` : word));
  return [...words.slice(0, at), ...behind].map(word => (word === '-' ? DASH : word));
}

/** A value that the parser gave back. */
export function withDashes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withDashes);
  return value === DASH ? '-' : value;
}
