import {stat} from 'node:fs/promises';
import {resolve} from 'node:path';
import type {DatasetError} from '../core/errors.js';
import type {Finding} from '../core/finding.js';
import {random, shuffled} from '../core/random.js';
import {EmptyPartError, matchClasses, nameClasses, replacedFindings, strayFindings} from './class-folders.js';
import type {Source} from './class-folders.js';
import {datasetPlace} from './archives/dataset-place.js';
import {chooseClasses} from './choose-classes.js';
import {Exclusion} from './exclusion.js';
import {checkFolderArguments} from './folder-arguments.js';
import {findLayout} from './folder-layout.js';
import type {Part} from './folder-layout.js';
import {groupBy} from './group-by.js';
import {loadManifest} from './manifest.js';
import {isManifest} from './manifest-rows.js';
import {readImageTree} from './image-tree.js';
import {leftOut} from './left-out.js';
import type {Watching} from './image-tree.js';

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

export interface ImageFolderOptions extends Watching {
  /** A folder of class folders to validate on, instead of the root's own. */
  readonly valData?: string;
  /** A folder of class folders to test on, instead of the root's own. */
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
}

/**
 * Finds the images below a folder, or in an archive of one: `root/<class>/...`, or `root/{train,val,test}/<class>/...`. Classes of
 * validation and test folders are matched by name. Where the root is a list of images (manifest.ts), finds those.
 *
 * @throws ArgumentError, FolderNotFoundError, UnknownClassError, TooFewClassesError, ManifestError, EmptyClassError, BrokenClassError,
 *   EmptyPartError, ArchiveError, NotADatasetError, AbortedError
 */
export async function loadImageFolder(path: string, options: ImageFolderOptions = {}): Promise<ImageFolder> {
  checkFolderArguments(path, options);
  const {root, archive, findings} = await datasetPlace(path, options);
  const folder = await loadPlace(root, options);
  return archive === undefined ? folder : {...folder, root: archive, findings: [...folder.findings, ...findings]};
}

async function loadPlace(root: string, options: ImageFolderOptions): Promise<ImageFolder> {
  if (isManifest(root) && (await stat(root).catch(() => undefined))?.isDirectory() !== true) {
    const folder = await loadManifest(root, options);
    return limitedFolder(folder, options);
  }
  const exclusion = new Exclusion(options.exclude);
  const whole = await readImageTree(resolve(root), '', options, exclusion);
  const imageNames = whole.images.map(({name}) => name);
  const {layout, prefixes, unused} = findLayout(imageNames, whole.folders);
  const tree = chooseClasses(whole, prefixes, options.classes);
  const refusals = new Refusals(options.tolerant === true);
  const classNames = nameClasses({tree, prefix: prefixes.train}, (error, className) => refusals.add(error, className));
  const findings = [...tree.findings, ...strayFindings(tree, Object.values(prefixes), unused)];
  const samplesOf = async (part: Part, elsewhere?: string): Promise<readonly Sample[] | undefined> => {
    const own = prefixes[part] === undefined ? undefined : {tree, prefix: prefixes[part]};
    const source = elsewhere === undefined ? own : await sourceElsewhere(part, elsewhere, options, exclusion);
    if (source === undefined) return undefined;
    if (elsewhere !== undefined) {
      findings.push(...source.tree.findings, ...strayFindings(source.tree, [source.prefix], []), ...replacedFindings(own, elsewhere));
    }
    const {samples, findings: found} = matchClasses(part, source, classNames);
    findings.push(...found);
    if (samples.length === 0 && elsewhere !== undefined) refusals.add(new EmptyPartError(part, source.tree.root, classNames));
    return samples.length === 0 ? undefined : samples;
  };
  const samples = (await samplesOf('train')) ?? [];
  const validation = await samplesOf('validation', options.valData);
  const test = await samplesOf('test', options.testData);
  findings.push(...exclusion.findings(), ...refusals.findings);
  const folder = {
    root: tree.root,
    classNames,
    samples,
    ...(validation && {validation}),
    ...(test && {test}),
    findings,
    layout,
    ...(refusals.first && {refusal: refusals.first}),
  };
  return limitedFolder(folder, options);
}

/** Why a run would refuse a folder: thrown at once, or kept and told. */
class Refusals {
  readonly findings: Finding[] = [];
  first?: DatasetError;

  constructor(readonly areKept: boolean) {}

  add(error: DatasetError, className?: string): void {
    if (!this.areKept) throw error;
    this.first ??= error;
    const code = className === undefined ? 'unusable-part' : 'unusable-class';
    this.findings.push({code, severity: 'error', message: error.message, files: [], ...(className !== undefined && {className})});
  }
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

async function sourceElsewhere(part: Part, folder: string, watching: Watching, exclusion: Exclusion): Promise<Source> {
  const prefix = `${part}://`;
  const {root} = await datasetPlace(folder, watching);
  return {tree: await readImageTree(resolve(root), prefix, watching, exclusion), prefix};
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

/** Every sample of a folder, whatever its part. */
export const everySample = ({samples, validation = [], test = []}: ImageFolder): Sample[] => [...samples, ...validation, ...test];
