import type {Sample, ImageFolder, ImageFolderOptions} from '../sample.js';
import {stat} from 'node:fs/promises';
import {join, relative, resolve} from 'node:path';

import {createRng, shuffle} from '../../core/rng.js';
import {resolveDataset} from '../archives/dataset-location.js';
import {TooFewClassesError} from './classes.js';
import {EmptySplitError} from './match-classes.js';
import {
  readSplitFolder,
  readFolderSource,
  readSplitManifest,
  readManifestSource,
  type SplitImages,
  type LoadContext,
} from './dataset-source.js';
import {ExcludeList} from './exclude-list.js';
import {checkFolderArguments, checkSplits} from './folder-arguments.js';
import {groupBy} from '../../core/group-by.js';

import {skippedFindings} from './skipped-files.js';
import {hasManifestExtension} from '../manifest/manifest-table.js';
import {LoadErrors} from './load-errors.js';
import type {SplitName} from '../layout/split-names.js';

/** Whether a path is a list of images, not a folder with such a name. */
const isManifestFile = async (path: string): Promise<boolean> =>
  hasManifestExtension(path) && (await stat(path).catch(() => undefined))?.isDirectory() !== true;

/**
 * Lists the images of a dataset: a folder, an archive of one, or a list of images (manifest.ts). A folder has class folders, or split
 * folders with class folders; both may be nested in other folders (folder-layout.ts). Classes of validation and test images are matched by
 * name.
 *
 * @throws ArgumentError, FolderNotFoundError, LayoutError, ClassFolderError, UnknownClassError, TooFewClassesError, ManifestError,
 *   ManifestColumnsError, EmptyClassError, UnreadableClassError, EmptySplitError, ArchiveError, NotADatasetError, AbortedError
 *
 * @example
 * import {loadImageFolder} from 'finetune';
 *
 * const pets = await loadImageFolder('./pets', {classes: ['cat', 'dog']});
 * console.log(pets.classNames, pets.samples.length);
 */
export async function loadImageFolder(
  path: string,
  options: ImageFolderOptions = {},
): Promise<ImageFolder> {
  checkFolderArguments(path, options);
  const {root, archive, findings} = await resolveDataset(path, options);
  const folder = await loadResolved(root, options).catch((error: unknown) => {
    if (archive === undefined || !(error instanceof TooFewClassesError)) throw error;
    throw new TooFewClassesError(
      {
        path: join(archive, relative(root, error.path)),
        classNames: error.classNames,
        remedy: error.remedy,
      },
      {},
    );
  });
  return archive === undefined
    ? folder
    : {...folder, root: archive, findings: [...folder.findings, ...findings]};
}

async function loadResolved(root: string, options: ImageFolderOptions): Promise<ImageFolder> {
  const [excludeList, loadErrors] = [
    new ExcludeList(options.exclude),
    new LoadErrors(options.collectErrors === true),
  ];
  const context = {options, excludeList: excludeList, loadErrors: loadErrors};
  const source = (await isManifestFile(root))
    ? await readManifestSource(root, context)
    : await readFolderSource(root, context);
  const {classNames, layout} = source;
  const findings = [...source.findings];
  const loadSplit = async (
    split: SplitName,
    overridePath?: string,
  ): Promise<readonly Sample[] | undefined> => {
    const images =
      overridePath === undefined
        ? source.images(split)
        : await loadOverride(split, overridePath, classNames, context);
    if (overridePath !== undefined) findings.push(...source.overridden(split, overridePath));
    findings.push(...(images?.findings ?? []));
    if (images?.samples.length === 0 && overridePath !== undefined)
      loadErrors.add(
        new EmptySplitError(
          {split, path: resolve(overridePath), broken: images.broken ?? []},
          {classNames},
        ),
      );
    return images === undefined || images.samples.length === 0 ? undefined : images.samples;
  };
  const samples = (await loadSplit('train')) ?? [];
  const validation = await loadSplit('validation', options.valData);
  const test = await loadSplit('test', options.testData);
  findings.push(...excludeList.findings(), ...loadErrors.findings);
  const folder = {
    ...{root: source.root, classNames, samples, findings, layout},
    ...(validation && {validation}),
    ...(test && {test}),
    ...(loadErrors.firstError && {error: loadErrors.firstError}),
  };
  return limitFolder(folder, options);
}

async function loadOverride(
  split: SplitName,
  path: string,
  classNames: readonly string[],
  context: LoadContext,
): Promise<SplitImages> {
  const {root} = await resolveDataset(path, context.options);
  return (await isManifestFile(root))
    ? readSplitManifest(split, root, classNames, context)
    : readSplitFolder(split, root, classNames, context);
}

/** Limits the number of images per class and split, and adds findings about the others. */
function limitFolder(folder: ImageFolder, options: ImageFolderOptions): ImageFolder {
  const limitSamples = (split: readonly Sample[]): Sample[] =>
    limitPerClass(split, folder.classNames, options);
  const {samples, validation, test} = folder;
  const limited = {
    ...folder,
    samples: limitSamples(samples),
    ...(validation && {validation: limitSamples(validation)}),
    ...(test && {test: limitSamples(test)}),
  };
  const selected = new Set(everySample(limited).map(({name}) => name));
  const dropped = everySample(folder).flatMap(({name}) => (selected.has(name) ? [] : [name]));
  return {
    ...limited,
    findings: [
      ...folder.findings,
      ...skippedFindings(
        'over-limit',
        'note',
        dropped,
        'its class has more images than --max-per-class',
      ),
    ],
  };
}

/** Selects the same images of a class for the same seed, independent of the other classes. */
function limitPerClass(
  samples: readonly Sample[],
  classNames: readonly string[],
  {maxPerClass, seed = 0}: ImageFolderOptions,
): Sample[] {
  if (maxPerClass === undefined) return [...samples];
  const byLabel = groupBy(samples, ({label}) => label);
  return classNames.flatMap((className, label) => {
    const ofClass = byLabel.get(label) ?? [];
    const selected = new Set(
      shuffle(ofClass, createRng(seed, 'limit', className)).slice(0, maxPerClass),
    );
    return ofClass.filter(sample => selected.has(sample));
  });
}

/**
 * All samples of a folder, of every split. @throws ArgumentError
 *
 * @example
 * import {everySample, loadImageFolder} from 'finetune';
 *
 * const pets = await loadImageFolder('./pets');
 * console.log(everySample(pets).length);
 */
export function everySample(folder: ImageFolder): Sample[] {
  checkSplits('everySample()', folder);
  const {samples, validation = [], test = []} = folder;
  return [...samples, ...validation, ...test];
}
