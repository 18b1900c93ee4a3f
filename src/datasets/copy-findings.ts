import type {Finding} from '../core/finding.js';
import {groupBy} from './group-by.js';
import type {Sample} from './image-folder.js';
import type {SplitParts} from './split.js';

/** What near copies are known by. */
export interface Copies {
  /** The same for identical files. */
  contentHash(sample: Sample): string;
  /** The same for near copies of one photograph. */
  photograph(sample: Sample): string;
}

const namesOf = (samples: readonly Sample[]): string[] => samples.map(({name}) => name);

/** Images of one photograph that are not one file. */
const copiesAmong = (samples: readonly Sample[], {contentHash, photograph}: Copies): Sample[][] =>
  [...groupBy(samples, photograph).values()].filter(group => new Set(group.map(contentHash)).size > 1);

function acrossClasses(group: readonly Sample[], classNames: readonly string[]): Finding {
  const classes = [...new Set(group.map(({label}) => classNames[label]!))];
  return {
    code: 'near-copies-across-classes',
    severity: 'warning',
    message: `The same photograph is in classes ${classes.join(' and ')}: ${namesOf(group).join(', ')}. Keep it where it belongs.`,
    files: namesOf(group),
    exclude: namesOf(group),
  };
}

/** Near copies within classes, in classes that contradict each other, and in training as well as in what it is measured with. */
export function copyFindings({train, validation, test}: SplitParts, classNames: readonly string[], copies: Copies): Finding[] {
  const groups = copiesAmong([...train, ...validation, ...test], copies);
  const isAlike = (group: readonly Sample[]): boolean => new Set(group.map(({label}) => label)).size === 1;
  const partOf = new Map([train, validation, test].flatMap((part, i) => part.map(({name}) => [name, i] as const)));
  const trained = new Map(train.map(sample => [copies.photograph(sample), sample]));
  const leaked = [...validation, ...test].filter(sample => trained.has(copies.photograph(sample)));
  return [
    ...groups.filter(group => !isAlike(group)).map(group => acrossClasses(group, classNames)),
    ...identicalFindings([...train, ...validation, ...test], copies),
    ...leakFindings(leaked, sample => trained.get(copies.photograph(sample))!),
    ...withinFindings(groups.filter(group => isAlike(group) && new Set(group.map(({name}) => partOf.get(name))).size === 1)),
  ];
}

/** Files that a class has more than once; what several classes have, a split tells of. */
function identicalFindings(samples: readonly Sample[], {contentHash}: Copies): Finding[] {
  const groups = [...groupBy(samples, sample => `${sample.label} ${contentHash(sample)}`).values()].filter(({length}) => length > 1);
  const [first] = groups;
  if (first === undefined) return [];
  const which = groups.length === 1 ? '1 file is' : `${groups.length} files are`;
  return [
    {
      code: 'identical-files',
      severity: 'note',
      message: `${which} there more than once, such as ${namesOf(first).join(' and ')}; each copy counts.`,
      files: namesOf(groups.flat()),
      exclude: namesOf(groups.flatMap(group => group.slice(1))),
    },
  ];
}

function leakFindings(leaked: readonly Sample[], trainedLike: (sample: Sample) => Sample): Finding[] {
  const [first] = leaked;
  if (first === undefined) return [];
  const which = leaked.length === 1 ? '1 image for validation or test shows' : `${leaked.length} images for validation or test show`;
  return [
    {
      code: 'near-copies-across-parts',
      severity: 'warning',
      message:
        `${which} a photograph that is for training as well, such as ${first.name} and ` +
        `${trainedLike(first).name}: the metrics will flatter. Remove one of each.`,
      files: namesOf(leaked),
      exclude: namesOf(leaked),
    },
  ];
}

function withinFindings(groups: readonly (readonly Sample[])[]): Finding[] {
  const [first] = groups;
  if (first === undefined) return [];
  const which = groups.length === 1 ? '1 photograph is' : `${groups.length} photographs are`;
  return [
    {
      code: 'near-copies',
      severity: 'note',
      message: `${which} there more than once, such as ${namesOf(first).join(' and ')}; a split keeps them together.`,
      files: namesOf(groups.flat()),
    },
  ];
}
