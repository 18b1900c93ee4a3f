/** Red, green, blue, opacity: each 0..255. */
export type HeatColor = readonly [red: number, green: number, blue: number, opacity: number];

/** From no evidence to the most, evenly spaced. Dark to bright, so that a map shows on images of any color. */
const COLORS: readonly HeatColor[] = [
  [23, 20, 70, 120],
  [123, 31, 125, 130],
  [226, 85, 70, 140],
  [252, 176, 64, 150],
  [255, 243, 176, 160],
];

/** What no network sees. */
export const UNSEEN_COLOR: HeatColor = [127, 127, 127, 190];

/** The color of evidence, to lay over an image. @param value 0 (none) to 1 (the most) */
export function heatColor(value: number): HeatColor {
  const position = Math.min(value, 1) * (COLORS.length - 1);
  const index = Math.min(Math.floor(position), COLORS.length - 2);
  const [from, to] = [COLORS[index]!, COLORS[index + 1]!];
  const blend = (channel: 0 | 1 | 2 | 3): number =>
    Math.round(from[channel] + (position - index) * (to[channel] - from[channel]));
  return [blend(0), blend(1), blend(2), blend(3)];
}
