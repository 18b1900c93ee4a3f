// Arguments that begin with a dash and are not flags.

/** Placeholder for `-`, which the parser takes for a flag without a name. No process argument can contain this character. */
const DASH_PLACEHOLDER = '\u0000';

/**
 * Escapes arguments for the parser. Arguments after `--` are not flags. All that resemble flags are paths, so they get the prefix `./`.
 * @returns the arguments for the parser, without the `--`
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

/** Restores `-` in a value that the parser returned. */
export function restoreDashes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(restoreDashes);
  return value === DASH_PLACEHOLDER ? '-' : value;
}
