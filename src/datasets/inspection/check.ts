import {join} from 'node:path';
import {CALLBACK, checkOptions, PATH, ABORT_SIGNAL, integerFrom} from '../../core/arguments.js';
import {DatasetError} from '../../core/errors.js';
import type {Finding} from '../../core/finding.js';
import {classFindings} from './class-findings.js';
import type {ProcessingOptions} from '../cache/unique-images.js';
import {copyFindings, type Copies} from './duplicate-findings.js';
import {checkFolder} from '../discovery/folder-arguments.js';
import {everySample} from '../discovery/image-folder.js';
import type {ImageFolder, Sample} from '../sample.js';
import {lookFindings} from './image-findings.js';
import {LookStore} from './inspection-cache.js';
import {lookAtFiles} from './inspect-images.js';
import type {FileLook} from './inspected-file.js';
import {findDuplicateGroups} from '../duplicates/duplicate-groups.js';
import {
  assertClassesReadable,
  partitionReadable,
  unreadableImageFindings,
} from '../discovery/broken-images.js';
import {splitFolder} from '../splitting/split.js';

/**
 * What a look at every image tells.
 *
 * @example
 * const {readable, refusal}: CheckReport = await checkImages(folder);
 * if (refusal !== undefined) console.error(refusal.message);
 */
export interface CheckReport {
  /** The folder's own findings, those of its classes, of images that cannot be read, of the others, of copies, and of a split. */
  readonly findings: readonly Finding[];
  readonly readable: readonly Sample[];
  /** Why a run would refuse this folder; undefined where it would not. */
  readonly refusal: DatasetError | undefined;
}

export interface CheckOptions extends ProcessingOptions {
  /** For what was seen, made when needed: files that have not changed are not looked at again. Unless told, nothing is kept. */
  readonly cache?: string;
}

async function look(
  folder: ImageFolder,
  {cache, ...work}: CheckOptions,
): Promise<ReadonlyMap<string, FileLook>> {
  const store =
    cache === undefined ? undefined : await LookStore.open(folder.root, join(cache, 'inspections'));
  try {
    return await lookAtFiles(everySample(folder), work, store);
  } finally {
    await store?.save(); // of a check that was stopped as well
  }
}

async function copiesIn(
  readable: readonly Sample[],
  looks: ReadonlyMap<string, FileLook>,
  {cache, ...work}: CheckOptions,
): Promise<Copies> {
  const contentHash = ({name}: Sample): string => looks.get(name)!.hash!;
  const images = {
    samples: readable,
    contentHash,
    fingerprint: ({name}: Sample) => looks.get(name)!.picture!.print,
  };
  const photograph = await findDuplicateGroups(images, {
    ...(cache !== undefined && {directory: join(cache, 'inspections')}),
    ...(work.signal !== undefined && {signal: work.signal}),
    onProgress: (done, total) => work.onProgress?.(done, total, 'comparing'),
  });
  return {contentHash, photograph};
}

/** The readable images of a folder in the parts that it brings along. */
function partsOf({samples, validation = [], test = []}: ImageFolder, readable: readonly Sample[]) {
  const names = new Set(readable.map(({name}) => name));
  const [train, ...measured] = [samples, validation, test].map(part =>
    part.filter(({name}) => names.has(name)),
  );
  return {train: train!, validation: measured[0]!, test: measured[1]!};
}

/**
 * Reads and decodes every image of a folder, compares them all, and splits the folder as a run would.
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
  const looks = await look(folder, options);
  const {readable, broken} = partitionReadable(
    everySample(folder),
    ({name}) => looks.get(name)!.fault,
  );
  const copies = await copiesIn(readable, looks, options);
  const findings = [
    ...folder.findings,
    ...classFindings(folder),
    ...unreadableImageFindings(readable, broken, folder.classNames),
    ...lookFindings(readable.map(sample => ({sample, picture: looks.get(sample.name)!.picture!}))),
    ...copyFindings(partsOf(folder, readable), folder.classNames, copies),
  ];
  try {
    assertClassesReadable(readable, broken, folder.classNames);
    const {contentHash, photograph} = copies;
    const split = splitFolder(
      folder,
      {samples: readable, contentHash},
      {seed: 0, together: [photograph]},
    );
    return {findings: [...findings, ...split.findings], readable, refusal: folder.error};
  } catch (error) {
    if (error instanceof DatasetError) return {findings, readable, refusal: folder.error ?? error};
    throw error;
  }
}
