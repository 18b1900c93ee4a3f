import type {BrokenFile} from './list-files.js';
import {dirname} from 'node:path';
import {defineError, DatasetError} from '../../core/errors.js';
import type {Finding} from '../../core/finding.js';
import {groupBy} from '../../core/group-by.js';
import type {Sample} from '../sample.js';
import {skippedFindings} from './skipped-files.js';

/** Maximum fraction of a class's images that may be broken before a run refuses to continue. */
const MAX_BROKEN_FRACTION = 0.5;
/** Minimum number of readable images in a class that has broken images: one for training, one for evaluation. */
const MIN_READABLE = 2;
/** Fraction of broken images above which a finding reports the class, not only its files. */
const REPORTED_BROKEN_FRACTION = 0.1;

const EXCLUDE_COMMAND = 'finetune check DIR --write-exclude exclude.txt';

/** Thrown if too many images of a class are unreadable: the rest may not be what its owner expects. */
export class UnreadableClassError extends defineError(
  DatasetError,
  'CLASS_UNREADABLE',
  ({className, broken, total}: {className: string; broken: readonly BrokenFile[]; total: number}) =>
    `${broken.length} of ${total} images of class ${className} cannot be read, such as ${broken[0]!.path} (${broken[0]!.reason}). ` +
    `Repair or replace them; to train without them, list them with ${EXCLUDE_COMMAND} and add --exclude exclude.txt.`,
) {}

/** Remedies for a class without images, by the reasons why its images are unreadable. */
const REMEDIES: readonly (readonly [reasons: RegExp, remedy: string])[] = [
  [/--follow-links/, 'Add --follow-links to read what links lead to.'],
  [/without read permission|cannot be opened/, 'Allow reading it, or remove the class.'],
  [/^there is no such file$/, 'Check the paths in the list: they begin in its folder.'],
];
const MORE_IMAGES = 'Add images or remove the class.';

/** Thrown for a class without readable images. */
export class EmptyClassError extends defineError(
  DatasetError,
  'CLASS_EMPTY',
  ({
    className,
    folder,
    broken,
  }: {
    className: string;
    folder: string;
    broken: readonly BrokenFile[];
  }) => {
    const [first] = broken;
    const problem =
      first === undefined ? '' : ` that can be read, such as ${first.path} (${first.reason})`;
    const [, remedy] = REMEDIES.find(([reasons]) =>
      broken.some(({reason}) => reasons.test(reason)),
    ) ?? [undefined, MORE_IMAGES];
    return `Class ${className} has no images in ${folder}${problem}. ${remedy}`;
  },
) {}

/** Returns an error if a class has too few readable images; undefined if it has enough. */
export function checkClassReadable(
  className: string,
  folder: string,
  readable: number,
  broken: readonly BrokenFile[],
): EmptyClassError | UnreadableClassError | undefined {
  if (readable === 0) return new EmptyClassError({className, folder, broken});
  const total = readable + broken.length;
  const hasTooFew = readable < MIN_READABLE || broken.length / total > MAX_BROKEN_FRACTION;
  return broken.length > 0 && hasTooFew
    ? new UnreadableClassError({className, broken, total})
    : undefined;
}

/** A finding about a class with many broken images, if the run continues without them. */
export function brokenImageFindings(
  className: string,
  readable: number,
  broken: readonly BrokenFile[],
): Finding[] {
  const total = readable + broken.length;
  const isUsable = checkClassReadable(className, '', readable, broken) === undefined;
  if (!isUsable || broken.length / total <= REPORTED_BROKEN_FRACTION) return [];
  const [first] = broken;
  const message =
    `${broken.length} of ${total} images of class ${className} cannot be read, such as ${first!.name} (${first!.reason}): ` +
    `the run continues with ${readable}. ${EXCLUDE_COMMAND} lists them.`;
  return [
    {
      code: 'class-with-broken-images',
      severity: 'warning',
      message,
      files: broken.map(({name}) => name),
      className,
    },
  ];
}

/** A sample whose image cannot be decoded. */
export interface BrokenSample {
  readonly sample: Sample;
  readonly reason: string;
}

/** Separates readable samples from broken ones, with the reason for each. Keeps their order. */
export function partitionReadable(
  samples: readonly Sample[],
  getReason: (sample: Sample) => string | undefined,
): {readable: Sample[]; broken: BrokenSample[]} {
  const readable: Sample[] = [];
  const broken: BrokenSample[] = [];
  for (const sample of samples) {
    const reason = getReason(sample);
    if (reason === undefined) readable.push(sample);
    else broken.push({sample, reason});
  }
  return {readable, broken};
}

/** Broken images by class, and the number of readable images in each of these classes. */
function groupBrokenByLabel(
  readable: readonly Sample[],
  broken: readonly BrokenSample[],
): {label: number; readable: number; files: BrokenFile[]}[] {
  const readableCount = groupBy(readable, ({label}) => label);
  return [...groupBy(broken, ({sample}) => sample.label)].map(([label, brokenOfLabel]) => ({
    label,
    readable: readableCount.get(label)?.length ?? 0,
    files: brokenOfLabel.map(({sample: {path, name}, reason}) => ({path, name, reason})),
  }));
}

/** @throws EmptyClassError, UnreadableClassError for the first class with too few readable images */
export function assertClassesReadable(
  readable: readonly Sample[],
  broken: readonly BrokenSample[],
  classNames: readonly string[],
): void {
  for (const {label, readable: readableCount, files} of groupBrokenByLabel(readable, broken)) {
    const error = checkClassReadable(
      classNames[label]!,
      dirname(files[0]!.path),
      readableCount,
      files,
    );
    if (error !== undefined) throw error;
  }
}

/** One finding per broken image, in the given order, and one per class with many broken images. */
export const unreadableImageFindings = (
  readable: readonly Sample[],
  broken: readonly BrokenSample[],
  classNames: readonly string[],
): Finding[] => [
  ...broken.flatMap(({sample, reason}) =>
    skippedFindings(
      'unreadable-image',
      'warning',
      [sample.name],
      reason,
      classNames[sample.label],
    ).map(one => ({...one, exclude: one.files})),
  ),
  ...groupBrokenByLabel(readable, broken).flatMap(({label, readable: readableCount, files}) =>
    brokenImageFindings(classNames[label]!, readableCount, files),
  ),
];
