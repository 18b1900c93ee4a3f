import {formatCount, formatInteger} from '../../core/text/format-count.js';
import type {Finding} from '../../core/finding.js';
import {editDistance} from '../../core/text/suggest.js';
import {groupBy} from '../../core/group-by.js';
import type {ImageFolder, Sample} from '../sample.js';
import {everySample} from '../discovery/image-folder.js';
import {parseSplit} from '../layout/split-names.js';

/** Ratio of the largest class to the smallest from which class balancing helps. Measurements: bench/README.md, "Imbalance". */
export const MIN_IMBALANCE = 2;

/** Formats the ratio of the largest class to the smallest: `12`, `3.4`. */
export const formatRatio = (ratio: number): string =>
  ratio < 10 ? ratio.toFixed(1) : formatInteger(Math.round(ratio));

/** Classes with fewer images are reported. */
const SMALL_CLASS_SIZE = 10;

/** Minimum length for similar names. Shorter names may differ by a letter without being similar. */
const SHORT_NAME = 4;

/** Maximum number of names to compare, since every pair is compared. With more, no names are. */
const MAX_COMPARED = 1000;

const foldName = (name: string): string => name.normalize('NFC').toLowerCase();

function smallClasses(classNames: readonly string[], sizes: readonly number[]): Finding[] {
  const small = classNames.filter((_, label) => sizes[label]! < SMALL_CLASS_SIZE);
  const [first] = small;
  if (first === undefined) return [];
  const which =
    small.length === 1
      ? `Class ${first} has`
      : `${small.length} classes have fewer than ${SMALL_CLASS_SIZE} images, such as ${first} with`;
  const number = sizes[classNames.indexOf(first)]!;
  return [
    {
      code: 'small-class',
      severity: 'warning',
      message: `${which} ${formatCount(number, 'image')} to learn from. Add images, or expect a low accuracy for it.`,
      files: [],
      ...(small.length === 1 && {className: first}),
    },
  ];
}

function imbalance(classNames: readonly string[], sizes: readonly number[]): Finding[] {
  const [largest, smallest] = [Math.max(...sizes), Math.min(...sizes)];
  if (smallest === 0 || largest / smallest < MIN_IMBALANCE) return [];
  const [large, small] = [
    classNames[sizes.indexOf(largest)]!,
    classNames[sizes.indexOf(smallest)]!,
  ];
  return [
    {
      code: 'imbalanced-classes',
      severity: 'warning',
      message:
        `Class ${large} has ${formatRatio(largest / smallest)} times the images of class ${small}, ${largest} and ${smallest}: accuracy says little about the ` +
        'smaller ones, so check the recall of each. By default, training uses class-weighted loss.',
      files: [],
    },
  ];
}

/** A name without case, separators and plural ending. */
const nameStem = (name: string): string => {
  const words = foldName(name)
    .replace(/[\s_.-]+/g, ' ')
    .trim();
  if (words.length < SHORT_NAME || /\d/.test(words)) return words;
  return words
    .replace(/ies$/, 'y')
    .replace(/(?<=[sxz]|ch|sh)es$/, '')
    .replace(/(?<=[^s])s$/, '');
};

/** Pairs of long names that differ by one letter. Series are excluded: one letter at the end, or several names that differ this way. */
function misspelled(names: readonly string[]): [string, string][] {
  const long = names.filter(name => name.length > 2 * SHORT_NAME && !/\d/.test(name));
  if (long.length > MAX_COMPARED) return [];
  const isSeries = (a: string, b: string): boolean =>
    [a, b].every(name => /(^|[\s_.-])\S$/.test(name));
  const pairs = long.flatMap((a, i) =>
    long
      .slice(i + 1)
      .filter(
        b =>
          Math.abs(a.length - b.length) < 2 &&
          nameStem(a) !== nameStem(b) &&
          !isSeries(a, b) &&
          editDistance(foldName(a), foldName(b)) === 1,
      )
      .map((b): [string, string] => [a, b]),
  );
  const times = groupBy(pairs.flat(), name => name);
  return pairs.filter(pair => pair.every(name => times.get(name)!.length === 1));
}

/** Findings about class names that differ only in case, which some systems treat as one folder, and about other similar names. */
function similarNames(classNames: readonly string[]): Finding[] {
  const byCase = [...groupBy(classNames, foldName).values()].filter(({length}) => length > 1);
  const reported = new Set(byCase.map(names => nameStem(names[0]!)));
  const byStem = [...groupBy(classNames, nameStem)]
    .filter(([stem, {length}]) => length > 1 && !reported.has(stem))
    .map(([, names]) => names);
  const finding =
    (code: string, problem: string) =>
    (names: readonly string[]): Finding => ({
      code,
      severity: 'warning',
      message: `Classes ${names.join(' and ')} ${problem}: put their images into one folder if they are one class.`,
      files: [],
    });
  return [
    ...byCase.map(finding('class-name-case', 'differ in case alone')),
    ...[...byStem, ...misspelled(classNames)].map(
      finding('similar-class-names', 'have nearly the same name'),
    ),
  ];
}

/** Findings about classes named like a split: `train` next to `cat` and `dog`. */
function splitNamedClasses({classNames, layout}: ImageFolder): Finding[] {
  const splitNames =
    layout === 'classes' ? classNames.filter(name => parseSplit(name) !== undefined) : [];
  return splitNames.map(className => ({
    code: 'split-named-class',
    severity: 'warning',
    message: `Class ${className} has the name of a split; for a split put the class folders into train and val, and nothing next to them.`,
    files: [],
    className,
  }));
}

/** Findings about names that collide on systems that ignore case or Unicode normalization. */
function nameCollisions(samples: readonly Sample[]): Finding[] {
  const colliding = [...groupBy(samples, ({name}) => foldName(name)).values()].filter(
    ({length}) => length > 1,
  );
  const [first] = colliding;
  if (first === undefined) return [];
  const names = colliding.flat().map(({name}) => name);
  const message = `${names.length} names differ in case or spelling of accents alone, such as ${first.map(({name}) => name).join(' and ')}: on macOS and Windows they are one file.`;
  const groups = colliding.map(group => group.map(({name}) => name));
  return [{code: 'name-collision', severity: 'note', message, files: names, groups}];
}

/** Findings about the classes and names of a folder. No image is opened. */
export function classFindings(folder: ImageFolder): Finding[] {
  const byLabel = groupBy(folder.samples, ({label}) => label);
  const sizes = folder.classNames.map((_, label) => byLabel.get(label)?.length ?? 0);
  return [
    ...splitNamedClasses(folder),
    ...similarNames(folder.classNames),
    ...imbalance(folder.classNames, sizes),
    ...smallClasses(folder.classNames, sizes),
    ...nameCollisions(everySample(folder)),
  ];
}
