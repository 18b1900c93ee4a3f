/**
 * How the members of an ensemble are combined. `mean`: the mean of their probabilities. `logits`: the softmax of the mean of their logits.
 * `majority`: each member votes for its most likely class, and the mean of the probabilities is one more vote, divided among the classes,
 * which breaks ties.
 */
export const VOTES = ['mean', 'logits', 'majority'] as const;
export type Vote = (typeof VOTES)[number];

/** Smallest normal float32. A probability that float32 rounds to 0 has no logarithm. */
const MIN_PROBABILITY = 2 ** -126;

/** Index of the largest value of a row, the first one on ties. */
export function argmax(row: Float32Array): number {
  let best = 0;
  row.forEach((value, i) => {
    if (value > row[best]!) best = i;
  });
  return best;
}

const meanOf = (members: readonly Float32Array[], value = (x: number): number => x): Float64Array =>
  Float64Array.from(
    members[0]!,
    (_, i) => members.reduce((sum, member) => sum + value(member[i]!), 0) / members.length,
  );

/**
 * The softmax of the mean of the logits. It is computed from probabilities, whose logarithms differ from the logits by a constant per
 * image, which the softmax cancels.
 */
function combineLogits(members: readonly Float32Array[], classes: number): Float64Array {
  const combined = meanOf(members, p => Math.log(Math.max(p, MIN_PROBABILITY))).map(Math.exp);
  for (let start = 0; start < combined.length; start += classes) {
    const row = combined.subarray(start, start + classes);
    const sum = row.reduce((total, value) => total + value, 0);
    row.forEach((value, i) => (row[i] = value / sum));
  }
  return combined;
}

function combineMajority(members: readonly Float32Array[], classes: number): Float64Array {
  const votes = meanOf(members);
  for (let start = 0; start < votes.length; start += classes)
    for (const member of members) {
      const index = start + argmax(member.subarray(start, start + classes));
      votes[index] = votes[index]! + 1;
    }
  return votes.map(value => value / (members.length + 1));
}

const COMBINE: Readonly<
  Record<Vote, (members: readonly Float32Array[], classes: number) => Float64Array>
> = {
  mean: members => meanOf(members),
  logits: combineLogits,
  majority: combineMajority,
};

/**
 * Combines the probabilities of the members of an ensemble. Those of a single member are returned unchanged.
 * @param members probabilities of each member, `[n, classes]`, at least one member
 * @returns `[n, classes]`; each row sums to 1
 */
export function combineVotes(
  vote: Vote,
  members: readonly Float32Array[],
  classes: number,
): Float32Array {
  return members.length === 1 ? members[0]! : Float32Array.from(COMBINE[vote](members, classes));
}
