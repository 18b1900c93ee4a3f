/** What is reported of several readings of one thing. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The middle one; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('There are no readings.');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export const summarize = (values: readonly number[]): Summary => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values),
});

/** What is measured, and which way is better. */
export type Quantity = 'images/s' | 's' | 'MiB';

/**
 * How many times ours is the peer's, of medians: for rates ours over the peer's, for seconds the peer's over ours, so that above 1 ours is
 * better; for memory ours over the peer's, and below 1 ours is better.
 */
export function speedRatio(
  quantity: Quantity,
  ours: readonly number[],
  peer: readonly number[],
): number {
  return quantity === 's' ? median(peer) / median(ours) : median(ours) / median(peer);
}
