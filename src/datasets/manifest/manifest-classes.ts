import type {DatasetError} from '../../core/errors.js';
import type {Finding} from '../../core/finding.js';
import {groupBy} from '../../core/group-by.js';
import {brokenImageFindings, checkClassReadable} from '../discovery/broken-images.js';
import {compareCodePoints} from '../discovery/class-folders.js';
import {TooFewClassesError} from '../discovery/classes.js';
import {UnknownClassError} from '../discovery/filter-classes.js';
import type {BrokenFile} from '../discovery/list-files.js';
import {skippedFindings} from '../discovery/skipped-files.js';
import type {SplitName} from '../layout/split-names.js';
import type {Sample} from '../sample.js';
import type {Manifest, ManifestEntry} from './manifest.js';

const LABEL_REMEDY = 'Add lines of other labels, or name the right column with --label-column.';

/**
 * Class names: the labels of the training images. Each class must have images.
 *
 * @param onError called with an EmptyClassError or UnreadableClassError, and the class name
 * @throws UnknownClassError, TooFewClassesError; errors of `onError`
 */
export function findManifestClasses(
  {entries, labels, broken, path, root}: Manifest,
  requested: readonly string[] | undefined,
  onError: (error: DatasetError, className: string) => void,
): string[] {
  const trainEntries = groupBy(
    entries.filter(({split}) => split === 'train'),
    ({label}) => label,
  );
  const all = labels.toSorted(compareCodePoints);
  const classes = requested?.map(name => name.normalize('NFC'));
  const unknown = classes?.find(name => !all.includes(name));
  if (unknown !== undefined) throw new UnknownClassError({className: unknown, path}, {known: all});
  const selected = classes === undefined ? all : all.filter(name => classes.includes(name));
  if (selected.length < 2)
    throw new TooFewClassesError(
      {path, classNames: selected, remedy: LABEL_REMEDY},
      {noun: 'class with images'},
    );
  for (const name of selected) {
    const images = trainEntries.get(name) ?? [];
    const missingFiles = selectBroken(images, broken);
    const error = checkClassReadable(name, root, images.length - missingFiles.length, missingFiles);
    if (error !== undefined) onError(error, name);
  }
  return selected;
}

function selectBroken(
  entries: readonly ManifestEntry[],
  broken: readonly BrokenFile[],
): BrokenFile[] {
  const brokenByName = new Map(broken.map(file => [file.name, file]));
  return entries.flatMap(({name}) => brokenByName.get(name) ?? []);
}

/**
 * The samples of a split, with labels matched by class name, in the same order as those of a folder. Images of other classes are skipped.
 */
export function samplesForSplit(
  {entries, broken}: Manifest,
  split: SplitName,
  classNames: readonly string[],
): Sample[] {
  const [labels, brokenByName] = [
    new Map(classNames.map((name, label) => [name, label])),
    new Set(broken.map(({name}) => name)),
  ];
  return entries
    .filter(
      entry => entry.split === split && labels.has(entry.label) && !brokenByName.has(entry.name),
    )
    .map(({file, name, label}): Sample => ({path: file, name, label: labels.get(label)!}))
    .sort((a, b) => a.label - b.label || (a.name < b.name ? -1 : 1));
}

/** Findings about rows skipped for their class, and classes that have lost some of their images. */
export function manifestFindings(
  manifest: Manifest,
  classNames: readonly string[],
  isFiltered: boolean,
): Finding[] {
  const known = new Set(classNames);
  const others = manifest.entries.filter(({label}) => !known.has(label)).map(({name}) => name);
  const byLabel = groupBy(manifest.entries, ({label}) => label);
  const brokenFindings = classNames.flatMap(name => {
    const [entries, missingFiles] = [
      byLabel.get(name) ?? [],
      selectBroken(byLabel.get(name) ?? [], manifest.broken),
    ];
    return brokenImageFindings(name, entries.length - missingFiles.length, missingFiles);
  });
  const reason = isFiltered
    ? 'its class is not among --classes'
    : 'no image for training has its label';
  return [
    ...manifest.findings,
    ...brokenFindings,
    ...skippedFindings('class-filtered', isFiltered ? 'note' : 'warning', others, reason),
  ];
}
