import {CALLBACK, checkOptions, PATH, ABORT_SIGNAL, integerFrom} from '../../core/arguments.js';
import {DatasetError} from '../../core/errors.js';
import type {Finding} from '../../core/finding.js';
import {classFindings} from './class-findings.js';
import {duplicateFindings} from './duplicate-findings.js';
import {checkFolder} from '../discovery/folder-arguments.js';
import {everySample} from '../discovery/image-folder.js';
import type {ImageFolder, Sample} from '../sample.js';
import {imageFindings} from './image-findings.js';
import {imageDistributions, type ImageDistributions} from './image-distributions.js';
import {inspectFolder} from './inspect-images.js';
import {findDuplicates, type CheckOptions} from './find-duplicates.js';
import {
  assertClassesReadable,
  partitionReadable,
  unreadableImageFindings,
} from '../discovery/broken-images.js';
import {planSplit} from '../splitting/split.js';

/**
 * The result of inspecting every image of a folder.
 *
 * @example
 * const {readable, error}: CheckReport = await checkImages(folder);
 * if (error !== undefined) console.error(error.message);
 */
export interface CheckReport {
  /** Findings, in this order: the folder, its classes, unreadable images, readable images, duplicates, and a split. */
  readonly findings: readonly Finding[];
  readonly readable: readonly Sample[];
  /** What the readable images are like. */
  readonly distributions: ImageDistributions;
  /** The error that a run would throw for this folder; undefined if it would start. */
  readonly error: DatasetError | undefined;
}

/** The readable images of a folder's own splits. */
function readableSplits(
  {samples, validation = [], test = []}: ImageFolder,
  readable: readonly Sample[],
) {
  const readableNames = new Set(readable.map(({name}) => name));
  const [train, ...evaluated] = [samples, validation, test].map(split =>
    split.filter(({name}) => readableNames.has(name)),
  );
  return {train: train!, validation: evaluated[0]!, test: evaluated[1]!};
}

/**
 * Reads and decodes every image of a folder, searches for duplicates, and splits the folder like a run.
 *
 * @throws ArgumentError, AbortedError
 *
 * @example
 * import {checkImages, loadImageFolder} from 'finetune';
 *
 * const {findings} = await checkImages(await loadImageFolder('./pets'));
 * for (const {severity, message} of findings) console.log(severity, message);
 */
export async function checkImages(
  folder: ImageFolder,
  options: CheckOptions = {},
): Promise<CheckReport> {
  checkFolder('checkImages()', folder);
  checkOptions<CheckOptions>('checkImages()', options, {
    workers: integerFrom(1),
    signal: ABORT_SIGNAL,
    onProgress: CALLBACK,
    cache: PATH,
  });
  const inspected = await inspectFolder(folder, options);
  const {readable, broken} = partitionReadable(
    everySample(folder),
    ({name}) => inspected.get(name)!.error,
  );
  const duplicates = await findDuplicates(readable, inspected, options);
  const images = readable.map(sample => ({sample, image: inspected.get(sample.name)!.image!}));
  const distributions = imageDistributions(images.map(({image}) => image));
  const findings = [
    ...folder.findings,
    ...classFindings(folder),
    ...unreadableImageFindings(readable, broken, folder.classNames),
    ...imageFindings(images),
    ...duplicates.findings,
    ...duplicateFindings(readableSplits(folder, readable), folder.classNames, duplicates),
  ];
  try {
    assertClassesReadable(readable, broken, folder.classNames);
    const {contentHash, duplicateGroup} = duplicates;
    const split = planSplit(
      folder,
      {samples: readable, contentHash},
      {seed: 0, groupKeys: [duplicateGroup]},
    );
    return {
      findings: [...findings, ...split.findings],
      readable,
      distributions,
      error: folder.error,
    };
  } catch (error) {
    if (error instanceof DatasetError)
      return {findings, readable, distributions, error: folder.error ?? error};
    throw error;
  }
}
