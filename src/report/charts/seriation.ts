import type {Metrics} from '../../training/metrics/metrics.js';

/** A pair of classes, and the sum of the fractions of each that are taken for the other. */
interface Pair {
  readonly a: number;
  readonly b: number;
  readonly similarity: number;
}

function confusedPairs(counts: Metrics['confusionMatrix']): Pair[] {
  const supports = counts.map(row => row.reduce((sum, count) => sum + count, 0));
  const fraction = (truth: number, prediction: number): number =>
    supports[truth] === 0 ? 0 : counts[truth]![prediction]! / supports[truth]!;
  const pairs = counts.flatMap((_, a) =>
    counts.slice(a + 1).map((__, i): Pair => {
      const b = a + 1 + i;
      return {a, b, similarity: fraction(a, b) + fraction(b, a)};
    }),
  );
  return pairs
    .filter(({similarity}) => similarity > 0)
    .sort((one, other) => other.similarity - one.similarity);
}

/**
 * Orders classes so that those that are confused stand next to each other: chains are joined at their ends, the most confused pair first.
 * Classes that are never confused keep their order.
 * @returns the class index at each place
 */
export function orderBySimilarity(counts: Metrics['confusionMatrix']): number[] {
  const chainOf = counts.map((_, index) => [index]);
  const isEnd = (index: number): boolean =>
    chainOf[index]!.at(0) === index || chainOf[index]!.at(-1) === index;
  for (const {a, b} of confusedPairs(counts)) {
    const [first, second] = [chainOf[a]!, chainOf[b]!];
    if (first === second || !isEnd(a) || !isEnd(b)) continue;
    const left = first.at(-1) === a ? first : first.toReversed();
    const right = second.at(0) === b ? second : second.toReversed();
    const joined = [...left, ...right];
    for (const index of joined) chainOf[index] = joined;
  }
  return [...new Set(chainOf)].flatMap(chain =>
    chain.at(0)! > chain.at(-1)! ? chain.toReversed() : chain,
  );
}
