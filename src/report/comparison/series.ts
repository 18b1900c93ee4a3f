/** Number of colors of the style sheet. */
const COLORS = 6;

/** CSS class of the color of a run. From the seventh on, colors occur again, and lines are dashed. */
export const seriesClass = (index: number): string =>
  `series-${(index % COLORS) + 1}${index < COLORS ? '' : ' again'}`;
