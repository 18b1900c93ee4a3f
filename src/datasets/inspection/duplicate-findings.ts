import {formatCount} from '../../core/text/format-count.js';
import type {Finding} from '../../core/finding.js';
import {groupBy} from '../../core/group-by.js';
import type {Sample} from '../sample.js';
import type {Splits} from '../splitting/splits.js';

/** Identifies duplicates. */
export interface Duplicates {
  /** Hash of the file, the same for exact duplicates. */
  contentHash(sample: Sample): string;
  /** Key of the group of near-duplicates. */
  duplicateGroup(sample: Sample): string;
}

const namesOf = (samples: readonly Sample[]): string[] => samples.map(({name}) => name);

/** Names a group by its first files: a message is a sentence, and `files` has all. */
const MAX_NAMED = 6;
const nameSome = (group: readonly Sample[]): string => {
  const more = group.length - MAX_NAMED;
  const names = namesOf(group.slice(0, MAX_NAMED)).join(', ');
  return more > 0 ? `${names} and ${more} more` : names;
};

/** Groups of near-duplicates with at least two different files. */
const nearDuplicateGroups = (
  samples: readonly Sample[],
  {contentHash, duplicateGroup}: Duplicates,
): Sample[][] =>
  [...groupBy(samples, duplicateGroup).values()].filter(
    group => new Set(group.map(contentHash)).size > 1,
  );

function acrossClasses(group: readonly Sample[], classNames: readonly string[]): Finding {
  const classes = [...new Set(group.map(({label}) => classNames[label]!))];
  return {
    code: 'near-duplicates-across-classes',
    severity: 'warning',
    message: `Near-duplicates are in classes ${classes.join(' and ')}: ${nameSome(group)}. Keep the right one; an exclude list drops all.`,
    files: namesOf(group),
    groups: [namesOf(group)],
    exclude: namesOf(group),
  };
}

/** Findings about duplicates within classes, near-duplicates across classes, and leakage from the training split. */
export function duplicateFindings(
  {train, validation, test}: Splits,
  classNames: readonly string[],
  duplicates: Duplicates,
): Finding[] {
  const groups = nearDuplicateGroups([...train, ...validation, ...test], duplicates);
  const hasOneClass = (group: readonly Sample[]): boolean =>
    new Set(group.map(({label}) => label)).size === 1;
  const splitOf = new Map(
    [train, validation, test].flatMap((split, i) => split.map(({name}) => [name, i] as const)),
  );
  const isInOneSplit = (group: readonly Sample[]): boolean =>
    hasOneClass(group) && new Set(group.map(({name}) => splitOf.get(name))).size === 1;
  const evaluated = [...validation, ...test];
  return [
    ...groups.filter(group => !hasOneClass(group)).map(group => acrossClasses(group, classNames)),
    ...exactDuplicateFindings([train, validation, test], duplicates),
    ...leakageFindings(train, evaluated, duplicates),
    ...repeatedFinding(
      'near-duplicates',
      'near-duplicates',
      groups.filter(isInOneSplit),
      'a split keeps them together',
    ),
  ];
}

/** One finding for groups of duplicates; none for no groups. */
function repeatedFinding(
  code: string,
  noun: string,
  groups: readonly (readonly Sample[])[],
  advice: string,
): Finding[] {
  const [first] = groups;
  if (first === undefined) return [];
  const count = formatCount(groups.length, 'group');
  const message = `${count} of ${noun}, such as ${namesOf(first).join(' and ')}; ${advice}.`;
  return [
    {code, severity: 'note', message, files: namesOf(groups.flat()), groups: groups.map(namesOf)},
  ];
}

/** Findings about exact duplicates within a class and split. Those across classes or splits are in the findings of the split. */
function exactDuplicateFindings(
  splits: readonly (readonly Sample[])[],
  {contentHash}: Duplicates,
): Finding[] {
  const groups = splits.flatMap(split =>
    [...groupBy(split, sample => `${sample.label} ${contentHash(sample)}`).values()].filter(
      ({length}) => length > 1,
    ),
  );
  const exclude = namesOf(groups.flatMap(group => group.slice(1)));
  return repeatedFinding('exact-duplicates', 'exact duplicates', groups, 'each file counts').map(
    finding => ({
      ...finding,
      exclude,
    }),
  );
}

/** Findings about training images with near-duplicates in validation or test. Exact duplicates are in the findings of the split. */
function leakageFindings(
  train: readonly Sample[],
  evaluated: readonly Sample[],
  {contentHash, duplicateGroup}: Duplicates,
): Finding[] {
  const evaluatedByGroup = groupBy(evaluated, duplicateGroup);
  const leaks = train.flatMap(sample => {
    const others = (evaluatedByGroup.get(duplicateGroup(sample)) ?? []).filter(
      other => contentHash(other) !== contentHash(sample),
    );
    return others.length === 0 ? [] : [{sample, others}];
  });
  const [first] = leaks;
  if (first === undefined) return [];
  const groups = [...groupBy(leaks, ({sample}) => duplicateGroup(sample)).values()].map(group =>
    namesOf([
      ...group.map(({sample}) => sample),
      ...evaluatedByGroup.get(duplicateGroup(group[0]!.sample))!,
    ]),
  );
  const which = formatCount(leaks.length, 'training image is', 'training images are');
  return [
    {
      code: 'near-duplicates-across-splits',
      severity: 'warning',
      message:
        `${which} near-duplicates of validation or test images, such as ${first.sample.name} and ${first.others[0]!.name}. ` +
        'Metrics will be optimistic. Remove them from the training split.',
      files: [...new Set(groups.flat())],
      groups,
      exclude: leaks.map(({sample}) => sample.name),
    },
  ];
}
