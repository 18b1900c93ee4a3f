const splitIntoWords = (label: string): string[] =>
  label.split(/\s*[,;]\s*|\s+/).filter(word => word !== '');

/** Minimum number of labels with several words to distinguish lists of labels from names. */
const MIN_COMPOUND_LABELS = 3;

/**
 * Words that occur in several labels: `haze primary`, `clear primary water`, `clear water` are lists, `golden retriever` is a name.
 * Undefined if the labels are names.
 */
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
 * Creates a function that splits combined labels (`scab rust` next to `scab` and `rust`), and returns undefined for names with several
 * words.
 *
 * @param isPlural whether the column is called `labels` or `tags`
 * @returns a function that returns the labels in a combined label, or undefined
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
