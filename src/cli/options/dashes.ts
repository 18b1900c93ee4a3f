// Words that begin with a dash and are no flags.

/** In the place of `-`, which the parser takes for a flag without a name. No argument of a process has this character. */
const DASH_PLACEHOLDER = '\u0000';

/**
 * Words behind `--` are no flags. All that could be taken for one are paths, and a path may begin with `./`.
 * @returns the words for the parser, without the `--`
 */
export function escapeDashes(args: readonly string[]): string[] {
  const separatorIndex = args.includes('--') ? args.indexOf('--') : args.length;
  const operands = args
    .slice(separatorIndex + 1)
    .map(arg => (arg.startsWith('-') && arg !== '-' ? `./${arg}` : arg));
  return [...args.slice(0, separatorIndex), ...operands].map(arg =>
    arg === '-' ? DASH_PLACEHOLDER : arg,
  );
}

/** A value that the parser gave back. */
export function restoreDashes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(restoreDashes);
  return value === DASH_PLACEHOLDER ? '-' : value;
}
