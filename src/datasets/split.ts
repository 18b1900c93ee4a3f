import {DatasetError} from '../core/errors.js';
import type {Finding} from '../core/finding.js';
import {random, shuffled} from '../core/random.js';
import {groupBy} from './group-by.js';
import {everySample} from './image-folder.js';
import type {ImageFolder, Sample} from './image-folder.js';

/** What an `ImageCache` knows that a split needs: which samples can be read, and which are the same file. */
export interface KnownContents {
  readonly samples: readonly Sample[];
  contentHash(sample: Sample): string;
}

export interface SplitOptions {
  /** Share of each class to validate on, 0..1, where the folder has no validation images of its own; 0.2 unless told. */
  readonly valSplit?: number;
  /** Share of each class to test on, 0..1, where the folder has no test images of its own; 0 unless told. */
  readonly testSplit?: number;
  readonly seed: number;
}

/** Which image is for what. Every readable image is in one part or in `leftOut`; identical files are never in two parts. */
export interface Split {
  readonly train: readonly Sample[];
  readonly validation: readonly Sample[];
  readonly test: readonly Sample[];
  /** Images that no part has, by name: why. */
  readonly leftOut: ReadonlyMap<string, string>;
  readonly findings: readonly Finding[];
  readonly classNames: readonly string[];
  readonly seed: number;
  /** sha256 of every image in a part, by name. */
  readonly hashes: ReadonlyMap<string, string>;
}

/** Nothing would be left to measure a classifier with. */
export class NoValidationImagesError extends DatasetError {
  override readonly code = 'NO_VALIDATION_IMAGES';

  constructor(
    readonly root: string,
    found: string,
  ) {
    super(`Expected at least one image to validate on in ${root}, but found ${found}. Add images, or a validation folder.`);
  }
}

/** All images of a class are for validation or test. */
export class NoTrainingImagesError extends DatasetError {
  override readonly code = 'NO_TRAINING_IMAGES';

  constructor(
    readonly root: string,
    readonly className: string,
  ) {
    super(
      `Expected at least one training image for class ${className} in ${root}, ` +
        'but found that all of them are also for validation or test. Add others to train on.',
    );
  }
}

interface Parts {
  readonly train: Sample[];
  readonly validation: Sample[];
  readonly test: Sample[];
}

/**
 * Divides a folder for training, validation and test. Parts that the folder brings along are kept. The rest is drawn by `seed` from each
 * class; identical files count as one image. Of an image in two parts the copy nearest to training is left out.
 *
 * @throws NoValidationImagesError, NoTrainingImagesError
 */
export function splitFolder(folder: ImageFolder, contents: KnownContents, options: SplitOptions): Split {
  const readable = new Set(contents.samples.map(({name}) => name));
  const given = (samples: readonly Sample[] = []): Sample[] => samples.filter(({name}) => readable.has(name));
  const leftOut = new Map<string, string>();
  for (const {name} of everySample(folder)) if (!readable.has(name)) leftOut.set(name, 'unreadable');

  const test = given(folder.test);
  const validation = withoutCopies(given(folder.validation), test, 'test', contents, leftOut);
  const free = withoutCopies(given(folder.samples), [...validation, ...test], 'validation or test', contents, leftOut);
  const drawn = drawParts(free, contents, folder.classNames, {
    validation: folder.validation === undefined ? (options.valSplit ?? 0.2) : 0,
    test: folder.test === undefined ? (options.testSplit ?? 0) : 0,
    seed: options.seed,
  });
  const parts = {train: drawn.train, validation: [...validation, ...drawn.validation], test: [...test, ...drawn.test]};
  assertUsable(folder, parts);
  return {
    ...parts,
    leftOut,
    findings: splitFindings(folder, parts, leftOut),
    classNames: folder.classNames,
    seed: options.seed,
    hashes: new Map(
      Object.values(parts).flatMap(part => part.map((sample): [string, string] => [sample.name, contents.contentHash(sample)])),
    ),
  };
}

function withoutCopies(samples: Sample[], of: Sample[], place: string, contents: KnownContents, leftOut: Map<string, string>): Sample[] {
  const taken = new Map(of.map(sample => [contents.contentHash(sample), sample.name]));
  return samples.filter(sample => {
    const original = taken.get(contents.contentHash(sample));
    if (original !== undefined) leftOut.set(sample.name, `the same file as ${original}, which is for ${place}`);
    return original === undefined;
  });
}

/** Groups of identical files go to one part as a whole; a group that several classes share is drawn with the first of them. */
function drawParts(
  samples: readonly Sample[],
  contents: KnownContents,
  classNames: readonly string[],
  shares: {readonly validation: number; readonly test: number; readonly seed: number},
): Parts {
  const parts: Parts = {train: [], validation: [], test: []};
  const groups = [...groupBy(samples, sample => contents.contentHash(sample)).values()];
  const byClass = groupBy(groups, ([first]) => first!.label);
  classNames.forEach((className, label) => {
    const drawn = shuffled(byClass.get(label) ?? [], random(shares.seed, 'split', className));
    const validation = partSize(drawn.length, shares.validation, drawn.length - 1);
    const test = partSize(drawn.length, shares.test, drawn.length - 1 - validation);
    parts.validation.push(...drawn.slice(0, validation).flat());
    parts.test.push(...drawn.slice(validation, validation + test).flat());
    parts.train.push(...drawn.slice(validation + test).flat());
  });
  return {train: inOrder(parts.train), validation: inOrder(parts.validation), test: inOrder(parts.test)};
}

/** At least one where a share was asked for, and never more than can be spared. */
const partSize = (total: number, share: number, spare: number): number =>
  share === 0 ? 0 : Math.max(0, Math.min(spare, Math.max(1, Math.round(total * share))));

const inOrder = (samples: Sample[]): Sample[] => samples.sort((a, b) => a.label - b.label || (a.name < b.name ? -1 : 1));

function assertUsable({root, classNames}: ImageFolder, {train, validation}: Parts): void {
  const trained = new Set(train.map(({label}) => label));
  const untrained = classNames.find((_, label) => !trained.has(label));
  if (untrained !== undefined) throw new NoTrainingImagesError(root, untrained);
  if (validation.length === 0) throw new NoValidationImagesError(root, 'none that can be spared');
}

function splitFindings({classNames}: ImageFolder, {validation}: Parts, leftOut: ReadonlyMap<string, string>): Finding[] {
  const copies = [...leftOut].filter(([, reason]) => reason !== 'unreadable');
  const validated = new Set(validation.map(({label}) => label));
  const unvalidated = classNames.filter((_, label) => !validated.has(label));
  const leak: Finding = {
    code: 'copy-across-parts',
    severity: 'warning',
    message: `${copies.length} files were left out, being copies of files in another part. First: ${copies[0]?.[0]} is ${copies[0]?.[1]}`,
    files: copies.map(([name]) => name),
  };
  return [
    ...(copies.length > 0 ? [leak] : []),
    ...unvalidated.map((className): Finding => ({
      code: 'class-without-validation',
      severity: 'warning',
      message: `Class ${className} has no image to validate on; its accuracy will not be known. Add images.`,
      files: [],
      className,
    })),
  ];
}
