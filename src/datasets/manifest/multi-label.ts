const splitIntoWords = (label: string): string[] =>
  label.split(/\s*[,;]\s*|\s+/).filter(word => word !== '');

/** The number of labels of several words from which on lists of labels are told from names. */
const MIN_COMPOUND_LABELS = 3;

/** Words of which each is in several labels: `haze primary`, `clear primary water`, `clear water` are lists, `golden retriever` is a name. */
function findSharedWords(labels: ReadonlySet<string>): ReadonlySet<string> | undefined {
  const compound = [...labels].map(splitIntoWords).filter(({length}) => length > 1);
  const counts = new Map<string, number>();
  for (const label of labels)
    for (const word of new Set(splitIntoWords(label)))
      counts.set(word, (counts.get(word) ?? 0) + 1);
  const shared = new Set([...counts].filter(([, count]) => count > 1).map(([word]) => word));
  const lists = compound.filter(words => words.every(word => shared.has(word)));
  return compound.length >= MIN_COMPOUND_LABELS && 2 * lists.length >= compound.length
    ? shared
    : undefined;
}

/**
 * Distinguishes labels that combine others (`scab rust` next to `scab` and `rust`) from names of several words.
 *
 * @param isPlural whether the column is called `labels` or `tags`
 * @returns the labels in one, or undefined
 */
export function createMultiLabelParser(
  all: readonly string[],
  isPlural: boolean,
): (label: string) => readonly string[] | undefined {
  const labels = new Set(all);
  const shared = isPlural ? findSharedWords(labels) : undefined;
  return label => {
    if (label.includes('|')) return label.split('|');
    const words = splitIntoWords(label);
    if (words.length < 2) return undefined;
    if (isPlural && /[,;]/.test(label)) return label.split(/\s*[,;]\s*/);
    const isList = [
      (word: string) => labels.has(word),
      (word: string) => /^\d+$/.test(word),
      (word: string) => shared?.has(word) === true,
    ];
    return isList.some(test => words.every(test)) ? words : undefined;
  };
}
