import {resolve} from 'node:path';
import type {Finding} from '../../core/finding.js';
import {brokenImageFindingsByClass, findClasses, TooFewClassesError} from './classes.js';
import {
  isInClass,
  findClassFolderErrors,
  type ClassFolderError,
  type ClassFolders,
} from './class-folders.js';
import {
  matchClasses,
  missingClassFindings,
  overriddenFindings,
  unlabeledFindings,
} from './match-classes.js';
import {filterClasses} from './filter-classes.js';
import type {ExcludeList} from './exclude-list.js';
import type {ImageFolder, ImageFolderOptions, Sample} from '../sample.js';
import {scanFolder} from './scan-folder.js';
import {readManifest} from '../manifest/manifest.js';
import {
  findManifestClasses,
  manifestFindings,
  samplesForSplit,
} from '../manifest/manifest-classes.js';
import type {BrokenFile} from './list-files.js';
import type {LoadErrors} from './load-errors.js';
import type {SplitName} from '../layout/split-names.js';
import {layoutFindings, resolveLayout, removeFolders} from '../layout/tree-layout.js';

/** Images of a split, with findings. */
export interface SplitImages {
  readonly samples: readonly Sample[];
  readonly findings: readonly Finding[];
  /** Unusable image files in class folders. */
  readonly broken?: readonly BrokenFile[];
}

/** A dataset as described by its folder or list of images. */
export interface DatasetSource extends Pick<
  ImageFolder,
  'root' | 'classNames' | 'layout' | 'findings'
> {
  /** Images of a split; undefined if the dataset has none. */
  images(split: SplitName): SplitImages | undefined;
  /** Findings about the dataset's own images of a split that `overridePath` replaces. */
  overridden(split: SplitName, overridePath: string): Finding[];
}

/** Options of loading a dataset, and the collector of errors. */
export interface LoadContext {
  readonly options: ImageFolderOptions;
  readonly excludeList: ExcludeList;
  readonly loadErrors: LoadErrors;
}

/**
 * Finds the class names. If there are too few, a class folder error is thrown instead: it may explain the missing classes.
 *
 * @throws errors of `findClasses`; ClassFolderError
 */
function findClassesOrThrow(
  trainFolders: ClassFolders,
  folderErrors: ClassFolderError | undefined,
  loadErrors: LoadErrors,
): string[] {
  try {
    return findClasses(trainFolders, (error, className) => loadErrors.add(error, className));
  } catch (error) {
    throw error instanceof TooFewClassesError && folderErrors !== undefined ? folderErrors : error;
  }
}

/** @throws FolderNotFoundError, LayoutError, UnknownClassError, TooFewClassesError, AbortedError; errors that `loadErrors` throws */
export async function readFolderSource(
  root: string,
  {options, excludeList, loadErrors}: LoadContext,
): Promise<DatasetSource> {
  const scannedTree = await scanFolder(resolve(root), '', options, excludeList);
  const {layout, prefixes, unused, reasons} = resolveLayout(scannedTree, '', {
    root,
    ...(options.classes && {knownClasses: options.classes}),
  });
  const [usedTree, splitPrefixes] = [removeFolders(scannedTree, unused), Object.values(prefixes)];
  const folderErrors = findClassFolderErrors(usedTree, splitPrefixes, options.classes);
  for (const error of folderErrors) loadErrors.add(error);
  const tree = filterClasses(usedTree, prefixes, options.classes);
  const trainFolders = {tree, prefix: prefixes.train};
  const classNames = findClassesOrThrow(trainFolders, folderErrors[0], loadErrors);
  const brokenFindings = brokenImageFindingsByClass(trainFolders, classNames);
  const findings = [
    ...layoutFindings(reasons),
    ...tree.findings,
    ...unlabeledFindings(scannedTree, splitPrefixes, unused),
    ...brokenFindings,
  ];
  const splitFolders = (split: SplitName) =>
    prefixes[split] === undefined ? undefined : {tree, prefix: prefixes[split]};
  return {
    ...{root: tree.root, classNames, layout, findings},
    images: split => {
      const source = splitFolders(split);
      return source && matchClasses(split, source, classNames);
    },
    overridden: (split, overridePath) => overriddenFindings(splitFolders(split), overridePath),
  };
}

/**
 * Reads the images of a split from a separate folder.
 *
 * @throws FolderNotFoundError, LayoutError, AbortedError; errors that `loadErrors` throws
 */
export async function readSplitFolder(
  split: SplitName,
  folder: string,
  classNames: readonly string[],
  {options, excludeList, loadErrors}: LoadContext,
): Promise<SplitImages> {
  const tree = await scanFolder(resolve(folder), `${split}://`, options, excludeList);
  const {prefixes, unused, reasons} = resolveLayout(tree, `${split}://`, {
    root: folder,
    knownClasses: classNames,
    split,
  });
  const source = {tree: removeFolders(tree, unused), prefix: prefixes.train};
  for (const error of findClassFolderErrors(source.tree, [source.prefix])) loadErrors.add(error);
  const {samples, findings} = matchClasses(split, source, classNames);
  return {
    samples,
    broken: [...tree.broken, ...tree.skippedLinks].filter(({name}) =>
      isInClass(name, [source.prefix]),
    ),
    findings: [
      ...layoutFindings(reasons, split),
      ...tree.findings,
      ...unlabeledFindings(tree, [source.prefix], unused),
      ...findings,
    ],
  };
}

/**
 * @throws ManifestError, ManifestColumnsError, FolderNotFoundError, UnknownClassError, TooFewClassesError, AbortedError; errors that
 *   `loadErrors` throws
 */
export async function readManifestSource(
  path: string,
  {options, excludeList, loadErrors}: LoadContext,
): Promise<DatasetSource> {
  const manifest = await readManifest(path, options, excludeList);
  const classNames = findManifestClasses(manifest, options.classes, (error, className) =>
    loadErrors.add(error, className),
  );
  const images = (split: SplitName): SplitImages | undefined => {
    const samples = samplesForSplit(manifest, split, classNames);
    return samples.length === 0 ? undefined : {samples, findings: []};
  };
  return {
    ...{root: manifest.root, classNames, layout: 'manifest' as const},
    findings: manifestFindings(manifest, classNames, options.classes !== undefined),
    images,
    overridden: () => [],
  };
}

/** Reads the images of a split from a separate list. @throws ManifestError, ManifestColumnsError, FolderNotFoundError, AbortedError */
export async function readSplitManifest(
  split: SplitName,
  path: string,
  classNames: readonly string[],
  {options, excludeList}: LoadContext,
): Promise<SplitImages> {
  const manifest = await readManifest(path, options, excludeList, split);
  const samples = samplesForSplit(manifest, split, classNames);
  const foundLabels = new Set(samples.map(({label}) => label));
  const missingClasses = classNames.filter((_, label) => !foundLabels.has(label));
  return {
    samples,
    broken: manifest.broken,
    findings: [
      ...manifestFindings(manifest, classNames, false),
      ...missingClassFindings(split, missingClasses),
    ],
  };
}
