import type {Finding} from '../core/finding.js';
import {groupBy} from './group-by.js';
import type {ImageFolder, Sample} from './image-folder.js';
import type {KnownContents, SplitParts} from './split.js';

/** What a person should know of a split: copies that were left out, contradicting labels, classes that validation says nothing about. */
export function splitFindings(
  folder: ImageFolder,
  {train, validation, test}: SplitParts,
  leftOutReasons: ReadonlyMap<string, string>,
  contents: KnownContents,
): Finding[] {
  return [
    ...copiesAcrossParts(leftOutReasons, contents),
    ...contradictions([...train, ...validation, ...test], folder.classNames, contents),
    ...notValidated(folder, validation),
  ];
}

/** Files that were left out because the same bytes are for validation or test, and those. */
function copiesAcrossParts(leftOutReasons: ReadonlyMap<string, string>, contents: KnownContents): Finding[] {
  const byHash = groupBy(contents.samples, sample => contents.contentHash(sample));
  const pairs = [...byHash.values()].flatMap(group => {
    const [copies, kept] = [group.filter(({name}) => leftOutReasons.has(name)), group.filter(({name}) => !leftOutReasons.has(name))];
    return copies.map(({name}) => ({name, others: [...kept, ...copies].map(other => other.name).filter(other => other !== name)}));
  });
  const order = new Map([...leftOutReasons.keys()].map((name, i) => [name, i]));
  pairs.sort((a, b) => order.get(a.name)! - order.get(b.name)!);
  const [first] = pairs;
  if (first === undefined) return [];
  const pair = `${first.name}: it is the same file as ${first.others[0]!}, which is for validation or test`;
  return [
    {
      code: 'copy-across-parts',
      severity: 'warning',
      message: `Left out ${pairs.length === 1 ? '' : `${pairs.length} copies, such as `}${pair}.`,
      files: [...new Set(pairs.flatMap(({name, others}) => [name, ...others]))],
      exclude: pairs.map(({name}) => name),
    },
  ];
}

/** Names that a sentence has; a finding has them all. */
const NAMED = 4;

const named = (samples: readonly Sample[]): string => {
  const names = samples.slice(0, NAMED).map(({name}) => name);
  return samples.length > NAMED ? `${names.join(', ')} and ${samples.length - NAMED} more` : names.join(', ');
};

/** The same file in folders of different classes: one label at least is wrong. */
function contradictions(samples: readonly Sample[], classNames: readonly string[], contents: KnownContents): Finding[] {
  const groups = [...groupBy(samples, sample => contents.contentHash(sample)).values()];
  return groups
    .filter(group => new Set(group.map(({label}) => label)).size > 1)
    .map(group => ({
      code: 'contradicting-labels',
      severity: 'warning',
      message: `The same file is in classes ${[...new Set(group.map(({label}) => classNames[label]))].join(' and ')}: ${named(group)}. Keep one.`,
      files: group.map(({name}) => name),
      exclude: group.map(({name}) => name),
    }));
}

/** Of a class that the folder's own validation part lacks, the folder tells already. */
function notValidated(folder: ImageFolder, validation: readonly Sample[]): Finding[] {
  const labelsOf = (samples: readonly Sample[]): Set<number> => new Set(samples.map(({label}) => label));
  const [expected, validated] = [labelsOf(folder.validation ?? folder.samples), labelsOf(validation)];
  return folder.classNames
    .filter((_, label) => expected.has(label) && !validated.has(label))
    .map(className => ({
      code: 'class-without-validation',
      severity: 'warning',
      message: `Class ${className} has no image for validation; its accuracy will not be known. Add images.`,
      files: [],
      className,
    }));
}
