import {resolve} from 'node:path';
import type {Finding} from '../core/finding.js';
import {
  classLosses,
  isInClass,
  lostFolders,
  matchClasses,
  missingClasses,
  nameClasses,
  replacedFindings,
  strayFindings,
  TooFewClassesError,
  type ClassFolderError,
  type Source,
} from './class-folders.js';
import {chooseClasses} from './choose-classes.js';
import type {Exclusion} from './exclusion.js';
import type {ImageFolder, ImageFolderOptions, Sample} from './image-folder.js';
import {readImageTree} from './image-tree.js';
import {classesOf, listFindings, readList, samplesOf} from './manifest.js';
import type {BrokenFile} from './readability.js';
import type {Refusals} from './refusals.js';
import type {Part} from './split-names.js';
import {layoutFindings, layoutOf, withoutFolders} from './tree-layout.js';

/** Images of a part, and what there is to tell of them. */
export interface PartImages {
  readonly samples: readonly Sample[];
  readonly findings: readonly Finding[];
  /** What should be images of classes and cannot be used. */
  readonly broken?: readonly BrokenFile[];
}

/** A dataset as its folder or list has it. */
export interface DatasetSource extends Pick<ImageFolder, 'root' | 'classNames' | 'layout' | 'findings'> {
  /** Undefined where it has nothing for a part. */
  images(part: Part): PartImages | undefined;
  /** Tells of its own images for a part, where others were given. */
  replaced(part: Part, by: string): Finding[];
}

/** Where the images of a dataset come from, and who is told what is wrong with them. */
export interface Reading {
  readonly options: ImageFolderOptions;
  readonly exclusion: Exclusion;
  readonly refusals: Refusals;
}

/** The classes; where they are too few, folders that cannot be read may be what is missing. @throws as `nameClasses`; `lost` */
function classesOrLost(trained: Source, lost: ClassFolderError | undefined, refusals: Refusals): string[] {
  try {
    return nameClasses(trained, (error, className) => refusals.add(error, className));
  } catch (error) {
    throw error instanceof TooFewClassesError && lost !== undefined ? lost : error;
  }
}

/** @throws FolderNotFoundError, LayoutError, UnknownClassError, TooFewClassesError, AbortedError; whatever `refusals` throws */
export async function folderSource(root: string, {options, exclusion, refusals}: Reading): Promise<DatasetSource> {
  const read = await readImageTree(resolve(root), '', options, exclusion);
  const {layout, prefixes, unused, reasons} = layoutOf(read, '', {root, ...(options.classes && {known: options.classes})});
  const [whole, places] = [withoutFolders(read, unused), Object.values(prefixes)];
  const lost = lostFolders(whole, places, options.classes);
  for (const error of lost) refusals.add(error);
  const tree = chooseClasses(whole, prefixes, options.classes);
  const trained = {tree, prefix: prefixes.train};
  const classNames = classesOrLost(trained, lost[0], refusals);
  const losses = classLosses(trained, classNames);
  const findings = [...layoutFindings(reasons), ...tree.findings, ...strayFindings(read, places, unused), ...losses];
  const own = (part: Part) => (prefixes[part] === undefined ? undefined : {tree, prefix: prefixes[part]});
  return {
    ...{root: tree.root, classNames, layout, findings},
    images: part => {
      const source = own(part);
      return source && matchClasses(part, source, classNames);
    },
    replaced: (part, by) => replacedFindings(own(part), by),
  };
}

/** Images for a part in a folder of their own. @throws FolderNotFoundError, LayoutError, AbortedError; whatever `refusals` throws */
export async function folderFor(
  part: Part,
  folder: string,
  classNames: readonly string[],
  {options, exclusion, refusals}: Reading,
): Promise<PartImages> {
  const tree = await readImageTree(resolve(folder), `${part}://`, options, exclusion);
  const {prefixes, unused, reasons} = layoutOf(tree, `${part}://`, {root: folder, known: classNames, part});
  const source = {tree: withoutFolders(tree, unused), prefix: prefixes.train};
  for (const error of lostFolders(source.tree, [source.prefix])) refusals.add(error);
  const {samples, findings} = matchClasses(part, source, classNames);
  return {
    samples,
    broken: [...tree.broken, ...tree.lostLinks].filter(({name}) => isInClass(name, [source.prefix])),
    findings: [...layoutFindings(reasons, part), ...tree.findings, ...strayFindings(tree, [source.prefix], unused), ...findings],
  };
}

/** @throws ManifestError, ManifestColumnsError, FolderNotFoundError, UnknownClassError, TooFewClassesError, AbortedError; whatever `refusals` throws */
export async function listSource(path: string, {options, exclusion, refusals}: Reading): Promise<DatasetSource> {
  const list = await readList(path, options, exclusion);
  const classNames = classesOf(list, options.classes, (error, className) => refusals.add(error, className));
  const images = (part: Part): PartImages | undefined => {
    const samples = samplesOf(list, part, classNames);
    return samples.length === 0 ? undefined : {samples, findings: []};
  };
  return {
    ...{root: list.root, classNames, layout: 'list' as const},
    findings: listFindings(list, classNames, options.classes !== undefined),
    images,
    replaced: () => [],
  };
}

/** Images for a part in a list of their own. @throws ManifestError, ManifestColumnsError, FolderNotFoundError, AbortedError */
export async function listFor(part: Part, path: string, classNames: readonly string[], {options, exclusion}: Reading): Promise<PartImages> {
  const list = await readList(path, options, exclusion, part);
  const samples = samplesOf(list, part, classNames);
  const found = new Set(samples.map(({label}) => label));
  const absent = classNames.filter((_, label) => !found.has(label));
  return {samples, broken: list.broken, findings: [...listFindings(list, classNames, false), ...missingClasses(part, absent)]};
}
