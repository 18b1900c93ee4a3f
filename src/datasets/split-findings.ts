import type {Finding} from '../core/finding.js';
import {groupBy} from './group-by.js';
import type {ImageFolder, Sample} from './image-folder.js';
import {leftOut} from './left-out.js';
import type {KnownContents, SplitParts} from './split.js';

/** What a person should know of a split: copies that were left out, contradicting labels, classes that validation says nothing about. */
export function splitFindings(
  folder: ImageFolder,
  {train, validation, test}: SplitParts,
  leftOutReasons: ReadonlyMap<string, string>,
  contents: KnownContents,
): Finding[] {
  const known = new Set(contents.samples.map(({name}) => name));
  const copies = [...leftOutReasons.keys()].filter(name => known.has(name));
  return [
    ...leftOut('copy-across-parts', 'warning', copies, 'the same file is for validation or test as well'),
    ...contradictions([...train, ...validation, ...test], folder.classNames, contents),
    ...notValidated(folder, validation),
  ];
}

/** The same file in folders of different classes: one label at least is wrong. */
function contradictions(samples: readonly Sample[], classNames: readonly string[], contents: KnownContents): Finding[] {
  const groups = [...groupBy(samples, sample => contents.contentHash(sample)).values()];
  return groups
    .filter(group => new Set(group.map(({label}) => label)).size > 1)
    .map(group => ({
      code: 'contradicting-labels',
      severity: 'warning',
      message: `The same file is in classes ${[...new Set(group.map(({label}) => classNames[label]))].join(' and ')}: ${group.map(({name}) => name).join(', ')}. Keep one.`,
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
