import {stat} from 'node:fs/promises';
import {join, relative, resolve} from 'node:path';
import type {DatasetError} from '../core/errors.js';
import type {Finding} from '../core/finding.js';
import {random, shuffled} from '../core/random.js';
import {datasetPlace} from './archives/dataset-place.js';
import {EmptyPartError, TooFewClassesError} from './class-folders.js';
import {folderFor, folderSource, listFor, listSource, type PartImages, type Reading} from './dataset-source.js';
import {Exclusion} from './exclusion.js';
import {checkFolderArguments, checkParts} from './folder-arguments.js';
import {groupBy} from './group-by.js';
import type {TreeOptions} from './image-tree.js';
import {leftOut} from './left-out.js';
import {isManifest} from './manifest-rows.js';
import {Refusals} from './refusals.js';
import type {Part} from './split-names.js';

/** One image and what it shows. */
export interface Sample {
  /** Absolute. */
  readonly path: string;
  /**
   * Unique within the folder: the path relative to the root, `/` between folders on every system. Images of `valData` and `testData`
   * begin with `validation://` and `test://`, as no relative path does.
   */
  readonly name: string;
  /** Index into `classNames`. */
  readonly label: number;
}

/** A folder of images, a folder per class; nothing is decoded yet. */
export interface ImageFolder {
  /** Absolute; of an archive, its own path. */
  readonly root: string;
  /** Names of the class folders in code-point order. */
  readonly classNames: readonly string[];
  /** For training, or for a split to divide; sorted by class, then by name. */
  readonly samples: readonly Sample[];
  readonly validation?: readonly Sample[];
  readonly test?: readonly Sample[];
  readonly findings: readonly Finding[];
  /** Why a run would refuse the folder, where it was read all the same. */
  readonly refusal?: DatasetError;
  /** Class folders; train, val and test with class folders; or a list that names each image. */
  readonly layout: 'classes' | 'splits' | 'list';
}

export interface ImageFolderOptions extends TreeOptions {
  /** A folder of class folders, or a list of images, to validate on, instead of the root's own. */
  readonly valData?: string;
  /** A folder of class folders, or a list of images, to test on, instead of the root's own. */
  readonly testData?: string;
  /** Names of images to leave out (`Sample.name`). */
  readonly exclude?: readonly string[];
  /** Classes to keep; all unless told. */
  readonly classes?: readonly string[];
  /** Reads on where a class has too few images that can be read: to tell of everything, not to train. */
  readonly tolerant?: boolean;
  /** Images to keep of each class in each part, drawn by `seed`. */
  readonly limit?: number;
  readonly seed?: number;
  /** Columns of lists, by their names or by their numbers from 1, where those do not say what they are. */
  readonly pathColumn?: string;
  readonly labelColumn?: string;
}

/** A list of images, and no folder with such a name. */
const isList = async (path: string): Promise<boolean> =>
  isManifest(path) && (await stat(path).catch(() => undefined))?.isDirectory() !== true;

/**
 * Finds the images of a dataset, a folder or an archive of one: class folders, parts of a split with class folders, each perhaps within
 * others (folder-layout.ts); or what a list names (manifest.ts). Classes of validation and test images are matched by name.
 *
 * @throws ArgumentError, FolderNotFoundError, LayoutError, ClassFolderError, UnknownClassError, TooFewClassesError, ManifestError,
 *   ManifestColumnsError, EmptyClassError, BrokenClassError, EmptyPartError, ArchiveError, NotADatasetError, AbortedError
 */
export async function loadImageFolder(path: string, options: ImageFolderOptions = {}): Promise<ImageFolder> {
  checkFolderArguments(path, options);
  const {root, archive, findings} = await datasetPlace(path, options);
  const folder = await loadPlace(root, options).catch((error: unknown) => {
    if (archive === undefined || !(error instanceof TooFewClassesError)) throw error;
    throw new TooFewClassesError(join(archive, relative(root, error.path)), error.classNames, error.remedy);
  });
  return archive === undefined ? folder : {...folder, root: archive, findings: [...folder.findings, ...findings]};
}

async function loadPlace(root: string, options: ImageFolderOptions): Promise<ImageFolder> {
  const [exclusion, refusals] = [new Exclusion(options.exclude), new Refusals(options.tolerant === true)];
  const reading = {options, exclusion, refusals};
  const source = (await isList(root)) ? await listSource(root, reading) : await folderSource(root, reading);
  const {classNames, layout} = source;
  const findings = [...source.findings];
  const samplesOf = async (part: Part, elsewhere?: string): Promise<readonly Sample[] | undefined> => {
    const images = elsewhere === undefined ? source.images(part) : await imagesElsewhere(part, elsewhere, classNames, reading);
    if (elsewhere !== undefined) findings.push(...source.replaced(part, elsewhere));
    findings.push(...(images?.findings ?? []));
    if (images?.samples.length === 0 && elsewhere !== undefined)
      refusals.add(new EmptyPartError(part, resolve(elsewhere), classNames, images.broken));
    return images === undefined || images.samples.length === 0 ? undefined : images.samples;
  };
  const samples = (await samplesOf('train')) ?? [];
  const validation = await samplesOf('validation', options.valData);
  const test = await samplesOf('test', options.testData);
  findings.push(...exclusion.findings(), ...refusals.findings);
  const folder = {
    ...{root: source.root, classNames, samples, findings, layout},
    ...(validation && {validation}),
    ...(test && {test}),
    ...(refusals.first && {refusal: refusals.first}),
  };
  return limitedFolder(folder, options);
}

async function imagesElsewhere(part: Part, path: string, classNames: readonly string[], reading: Reading): Promise<PartImages> {
  const {root} = await datasetPlace(path, reading.options);
  return (await isList(root)) ? listFor(part, root, classNames, reading) : folderFor(part, root, classNames, reading);
}

/** A folder with fewer images of each class in each part, and what it tells of the others. */
function limitedFolder(folder: ImageFolder, options: ImageFolderOptions): ImageFolder {
  const few = (part: readonly Sample[]): Sample[] => limited(part, folder.classNames, options);
  const {samples, validation, test} = folder;
  const smaller = {...folder, samples: few(samples), ...(validation && {validation: few(validation)}), ...(test && {test: few(test)})};
  const kept = new Set(everySample(smaller).map(({name}) => name));
  const others = everySample(folder).flatMap(({name}) => (kept.has(name) ? [] : [name]));
  return {...smaller, findings: [...folder.findings, ...leftOut('over-limit', 'note', others, 'its class has more images than --limit')]};
}

/** The same few of each class for the same seed, whatever the other classes hold. */
function limited(samples: readonly Sample[], classNames: readonly string[], {limit, seed = 0}: ImageFolderOptions): Sample[] {
  if (limit === undefined) return [...samples];
  const byLabel = groupBy(samples, ({label}) => label);
  return classNames.flatMap((className, label) => {
    const ofClass = byLabel.get(label) ?? [];
    const kept = new Set(shuffled(ofClass, random(seed, 'limit', className)).slice(0, limit));
    return ofClass.filter(sample => kept.has(sample));
  });
}

/** Every sample of a folder, whatever its part. @throws ArgumentError */
export function everySample(folder: ImageFolder): Sample[] {
  checkParts('everySample()', folder);
  const {samples, validation = [], test = []} = folder;
  return [...samples, ...validation, ...test];
}
