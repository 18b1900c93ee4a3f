/** Formats an integer: `1234567` -> `1,234,567`. The first locale in a process takes tens of milliseconds, which short numbers save. */
export const formatInteger = (value: number | bigint): string =>
  -1000 < value && value < 1000 ? String(value) : value.toLocaleString('en-US');

/** Formats a count with its noun: `1 image`, `1,530 images`. */
export const formatCount = (value: number, noun: string, nouns = `${noun}s`): string =>
  `${formatInteger(value)} ${value === 1 ? noun : nouns}`;
