import type {Finding} from '../../core/finding.js';
import {groupBy} from '../../core/group-by.js';
import type {ImageFolder, Sample} from '../sample.js';
import type {ReadableImages, Splits} from './splits.js';

const namesOf = (samples: readonly Sample[]): string[] => samples.map(({name}) => name);

/** Findings about a split: skipped exact duplicates, conflicting labels, classes without validation images. */
export function splitFindings(
  folder: ImageFolder,
  {train, validation, test}: Splits,
  skipReasons: ReadonlyMap<string, string>,
  contents: ReadableImages,
): Finding[] {
  const byName = new Map(contents.samples.map(sample => [sample.name, sample]));
  const duplicates = [...skipReasons.keys()].flatMap(name => byName.get(name) ?? []);
  return [
    ...exactDuplicatesAcrossSplits(duplicates, [...validation, ...test], contents),
    ...conflictingLabels([...train, ...validation, ...test], folder.classNames, contents),
    ...classesWithoutValidation(folder, validation),
  ];
}

/** A finding about skipped exact duplicates, each with the file that is used instead. */
function exactDuplicatesAcrossSplits(
  duplicates: readonly Sample[],
  kept: readonly Sample[],
  {contentHash}: ReadableImages,
): Finding[] {
  const byHash = groupBy(kept, contentHash);
  const groups = [...groupBy(duplicates, contentHash)].map(([hash, skipped]) =>
    namesOf([...skipped, ...(byHash.get(hash) ?? [])]),
  );
  const [first] = groups;
  if (first === undefined) return [];
  const which =
    duplicates.length === 1 ? first[0] : `${duplicates.length} files, such as ${first[0]}`;
  const message = `Skipped ${which}: the same file is in validation or test too, as ${first.at(-1)}.`;
  return [
    {
      code: 'exact-duplicates-across-splits',
      severity: 'warning',
      message,
      files: groups.flat(),
      groups,
      exclude: namesOf(duplicates),
    },
  ];
}

/** A finding about the same file in folders of different classes: at least one label is wrong. */
function conflictingLabels(
  samples: readonly Sample[],
  classNames: readonly string[],
  contents: ReadableImages,
): Finding[] {
  const groups = [...groupBy(samples, sample => contents.contentHash(sample)).values()];
  return groups
    .filter(group => new Set(group.map(({label}) => label)).size > 1)
    .map(group => ({
      code: 'conflicting-labels',
      severity: 'warning',
      message: `The same file is in classes ${[...new Set(group.map(({label}) => classNames[label]))].join(' and ')}: ${namesOf(group).join(', ')}. Keep the right one; an exclude list drops all.`,
      files: namesOf(group),
      groups: [namesOf(group)],
      exclude: namesOf(group),
    }));
}

/**
 * Findings about classes without validation images. With the folder's own validation split, the findings of the folder report them already.
 */
function classesWithoutValidation(folder: ImageFolder, validation: readonly Sample[]): Finding[] {
  const labelsOf = (samples: readonly Sample[]): Set<number> =>
    new Set(samples.map(({label}) => label));
  const [expected, validated] = [
    labelsOf(folder.validation ?? folder.samples),
    labelsOf(validation),
  ];
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
