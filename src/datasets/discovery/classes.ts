import {join} from 'node:path';
import {defineError, DatasetError} from '../../core/errors.js';
import type {Finding} from '../../core/finding.js';
import {formatCount} from '../../core/text/format-count.js';
import {annotationRemedy} from '../layout/annotations.js';
import {brokenImageFindings, checkClassReadable} from './broken-images.js';
import {
  compareCodePoints,
  groupByClass,
  listSubfolders,
  type ClassFolders,
} from './class-folders.js';
import type {BrokenFile} from './list-files.js';
import type {ImageTree} from './scan-folder.js';

/** Thrown for a dataset with fewer than two classes. */
export class TooFewClassesError extends defineError(
  DatasetError,
  'TOO_FEW_CLASSES',
  (
    {path, classNames, remedy}: {path: string; classNames: readonly string[]; remedy: string},
    {noun = 'class folder'}: {noun?: string},
  ) =>
    `${path} has ${classNames.length === 0 ? `no ${noun}` : `only one ${noun}, ${classNames[0]}`}; at least 2 are needed. ${remedy}`,
) {}

/**
 * Class names in code-point order. Each class must have images.
 *
 * @param onError called with an EmptyClassError or UnreadableClassError, and the class name
 * @throws TooFewClassesError; errors of `onError`
 */
export function findClasses(
  {tree, prefix}: ClassFolders,
  onError: (error: DatasetError, className: string) => void,
): string[] {
  const folder = join(tree.root, prefix);
  const classNames = listSubfolders(tree, prefix).sort(compareCodePoints);
  if (classNames.length < 2)
    throw new TooFewClassesError({
      path: folder,
      classNames,
      remedy: unlabeledRemedy(tree, prefix),
    });
  const images = groupByClass(tree.images, prefix);
  const broken = groupBrokenByClass({tree, prefix});
  for (const className of classNames) {
    const readable = images.get(className)?.length ?? 0;
    const error = checkClassReadable(
      className,
      join(folder, className),
      readable,
      broken.get(className) ?? [],
    );
    if (error !== undefined) onError(error, className);
  }
  return classNames;
}

/** A remedy for a folder of images without class folders. */
function unlabeledRemedy({root, images, otherFiles}: ImageTree, prefix: string): string {
  const loose = groupByClass(images, prefix).get(undefined)?.length ?? 0;
  const found =
    loose === 0
      ? ''
      : `${formatCount(loose, 'image')} ${loose === 1 ? 'is' : 'are'} outside class folders. `;
  return (
    annotationRemedy(root, prefix, otherFiles, {}) ??
    `${found}Put the images of each class into a folder with its name.`
  );
}

/** Broken image files by class, including links that were not followed. */
const groupBrokenByClass = ({tree, prefix}: ClassFolders): Map<string | undefined, BrokenFile[]> =>
  groupByClass([...tree.broken, ...tree.skippedLinks], prefix);

/** Findings about broken images of classes that are still used. */
export function brokenImageFindingsByClass(
  {tree, prefix}: ClassFolders,
  classNames: readonly string[],
): Finding[] {
  const [images, broken] = [groupByClass(tree.images, prefix), groupBrokenByClass({tree, prefix})];
  return classNames.flatMap(name =>
    brokenImageFindings(name, images.get(name)?.length ?? 0, broken.get(name) ?? []),
  );
}
