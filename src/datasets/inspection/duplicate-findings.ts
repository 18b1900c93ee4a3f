import type {Finding} from '../../core/finding.js';
import {groupBy} from '../../core/group-by.js';
import type {Sample} from '../sample.js';
import type {SplitParts} from '../splitting/splits.js';

/** What near-duplicates are known by. */
export interface Copies {
  /** The same for identical files. */
  contentHash(sample: Sample): string;
  /** The same for near-duplicates of one photograph. */
  photograph(sample: Sample): string;
}

const namesOf = (samples: readonly Sample[]): string[] => samples.map(({name}) => name);

/** Images of one photograph that are not one file. */
const copiesAmong = (samples: readonly Sample[], {contentHash, photograph}: Copies): Sample[][] =>
  [...groupBy(samples, photograph).values()].filter(
    group => new Set(group.map(contentHash)).size > 1,
  );

function acrossClasses(group: readonly Sample[], classNames: readonly string[]): Finding {
  const classes = [...new Set(group.map(({label}) => classNames[label]!))];
  return {
    code: 'near-copies-across-classes',
    severity: 'warning',
    message: `The same photograph is in classes ${classes.join(' and ')}: ${namesOf(group).join(', ')}. Keep the right one; a fix list leaves out all.`,
    files: namesOf(group),
    groups: [namesOf(group)],
    exclude: namesOf(group),
  };
}

/** Near-duplicates within classes, in classes that contradict each other, and in training as well as in what it is measured with. */
export function copyFindings(
  {train, validation, test}: SplitParts,
  classNames: readonly string[],
  copies: Copies,
): Finding[] {
  const groups = copiesAmong([...train, ...validation, ...test], copies);
  const isAlike = (group: readonly Sample[]): boolean =>
    new Set(group.map(({label}) => label)).size === 1;
  const partOf = new Map(
    [train, validation, test].flatMap((part, i) => part.map(({name}) => [name, i] as const)),
  );
  const isWithin = (group: readonly Sample[]): boolean =>
    isAlike(group) && new Set(group.map(({name}) => partOf.get(name))).size === 1;
  const measured = [...validation, ...test];
  return [
    ...groups.filter(group => !isAlike(group)).map(group => acrossClasses(group, classNames)),
    ...identicalFindings([train, validation, test], copies),
    ...leakFindings(train, measured, copies),
    ...repeated(
      'near-copies',
      'photograph',
      groups.filter(isWithin),
      'a split keeps them together',
    ),
  ];
}

/** What is there more than once; nothing for no groups. */
function repeated(
  code: string,
  what: string,
  groups: readonly (readonly Sample[])[],
  then: string,
): Finding[] {
  const [first] = groups;
  if (first === undefined) return [];
  const which = groups.length === 1 ? `1 ${what} is` : `${groups.length} ${what}s are`;
  const message = `${which} there more than once, such as ${namesOf(first).join(' and ')}; ${then}.`;
  return [
    {code, severity: 'note', message, files: namesOf(groups.flat()), groups: groups.map(namesOf)},
  ];
}

/** Files that a class has more than once in a part; what several classes or parts have, a split tells of. */
function identicalFindings(
  parts: readonly (readonly Sample[])[],
  {contentHash}: Copies,
): Finding[] {
  const groups = parts.flatMap(part =>
    [...groupBy(part, sample => `${sample.label} ${contentHash(sample)}`).values()].filter(
      ({length}) => length > 1,
    ),
  );
  const exclude = namesOf(groups.flatMap(group => group.slice(1)));
  return repeated('identical-files', 'file', groups, 'each copy counts').map(finding => ({
    ...finding,
    exclude,
  }));
}

/** Photographs for training that the classifier is measured with, identical files left to the split. */
function leakFindings(
  train: readonly Sample[],
  measured: readonly Sample[],
  {contentHash, photograph}: Copies,
): Finding[] {
  const byPhotograph = groupBy(measured, photograph);
  const leaks = train.flatMap(sample => {
    const others = (byPhotograph.get(photograph(sample)) ?? []).filter(
      other => contentHash(other) !== contentHash(sample),
    );
    return others.length === 0 ? [] : [{sample, others}];
  });
  const [first] = leaks;
  if (first === undefined) return [];
  const groups = [...groupBy(leaks, ({sample}) => photograph(sample)).values()].map(group =>
    namesOf([
      ...group.map(({sample}) => sample),
      ...byPhotograph.get(photograph(group[0]!.sample))!,
    ]),
  );
  const which =
    leaks.length === 1 ? '1 image for training shows' : `${leaks.length} images for training show`;
  return [
    {
      code: 'near-copies-across-parts',
      severity: 'warning',
      message:
        `${which} a photograph that is for validation or test as well, such as ${first.sample.name} and ${first.others[0]!.name}: ` +
        'the metrics will flatter. Leave out those for training.',
      files: [...new Set(groups.flat())],
      groups,
      exclude: leaks.map(({sample}) => sample.name),
    },
  ];
}
