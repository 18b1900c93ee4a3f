import {printable} from './printable.js';

/** Edit distance (insert, delete, replace, swap neighbors) between two words: optimal string alignment. */
export function editDistance(a: string, b: string): number {
  const rows = Array.from({length: a.length + 1}, (_, i) =>
    Array.from({length: b.length + 1}, (_, j) => (i === 0 ? j : j === 0 ? i : 0)),
  );
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(rows[i - 1]![j]! + 1, rows[i]![j - 1]! + 1, rows[i - 1]![j - 1]! + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, rows[i - 2]![j - 2]! + 1);
      rows[i]![j] = best;
    }
  }
  return rows[a.length]![b.length]!;
}

/** The known word closest to a word, or undefined if none is close. */
export function findNearest(word: string, known: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(word.length / 3));
  // The distance is at least the difference in length. Comparing a word as long as a file would take minutes.
  const similarlyLong = known.filter(
    candidate => Math.abs(candidate.length - word.length) <= limit,
  );
  const ranked = similarlyLong.map(candidate => ({
    candidate,
    distance: editDistance(word.toLowerCase(), candidate.toLowerCase()),
  }));
  const best = ranked.sort((x, y) => x.distance - y.distance)[0];
  return best !== undefined && best.distance <= limit ? best.candidate : undefined;
}

/** Suggestion for the end of a message: `; did you mean --arch?`, or an empty string. */
export function suggest(word: string, known: readonly string[], prefix = ''): string {
  const match = findNearest(word, known);
  return match === undefined ? '' : `; did you mean ${prefix}${printable(match)}?`;
}
