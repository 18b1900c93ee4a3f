import {formatInteger} from '../core/text/format-count.js';

/** Formats a fraction: `0.9412 -> 94.1 %`. 0 % and 100 % have no decimals; `null` (an undefined precision) is a dash. */
export function formatPercent(fraction: number | null, digits = 1): string {
  if (fraction === null) return '–';
  return `${(100 * fraction).toFixed(fraction === 0 || fraction === 1 ? 0 : digits)}\u00a0%`;
}

/** Formats an interval: `88.2 % to 97.1 %`. An unknown interval is a dash. */
export const formatInterval = (interval: readonly [low: number, high: number] | null): string =>
  interval === null ? '–' : `${formatPercent(interval[0])} to ${formatPercent(interval[1])}`;

/** Formats a duration in seconds: `0.42 -> 0.4 s`, `92 -> 1 min 32 s`. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole < 10 ? seconds.toFixed(1) : whole} s`;
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
}

/** Formats a short time: `4.2 ms`, `87 ms`. */
export const formatMilliseconds = (value: number): string =>
  `${value < 10 ? value.toFixed(1) : Math.round(value)}\u00a0ms`;

/** Formats a large count: `11.2 million`. */
export const formatMillions = (count: number): string =>
  count < 1e6 ? formatInteger(count) : `${(count / 1e6).toPrecision(3)} million`;

/** Formats a number for an SVG attribute. Two decimals are finer than a pixel. */
export const coordinate = (value: number): string => String(Math.round(100 * value) / 100);

/** Truncates a text to `length` characters, without splitting a surrogate pair. */
export function truncate(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}
