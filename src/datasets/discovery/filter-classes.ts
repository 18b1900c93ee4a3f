import {defineError, DatasetError} from '../../core/errors.js';
import {suggest} from '../../core/text/suggest.js';
import {parseClassName, listSubfolders} from './class-folders.js';
import type {FolderLayout} from '../layout/folder-layout.js';
import type {ImageTree} from './scan-folder.js';
import {skippedFindings} from './skipped-files.js';

/** Thrown if a requested class has no folder. */
export class UnknownClassError extends defineError(
  DatasetError,
  'UNKNOWN_CLASS',
  ({className, path}: {className: string; path: string}, {known}: {known: readonly string[]}) =>
    `Class ${className} of --classes is not in ${path}${suggest(className, known) || '.'}`,
) {}

/** Removes the folders of classes that were not requested, and adds findings about them. @throws UnknownClassError */
export function filterClasses(
  tree: ImageTree,
  prefixes: FolderLayout['prefixes'],
  classes: readonly string[] | undefined,
): ImageTree {
  if (classes === undefined) return tree;
  const known = listSubfolders(tree, prefixes.train);
  const requested = classes.map(name => name.normalize('NFC'));
  const unknown = requested.find(name => !known.includes(name));
  if (unknown !== undefined)
    throw new UnknownClassError({className: unknown, path: tree.root}, {known});
  const selected = new Set(requested);
  const isExcluded = (name: string): boolean =>
    Object.values(prefixes).some(prefix => {
      const className = parseClassName(`${name}/`, prefix);
      return (
        className !== undefined &&
        name.startsWith(prefix) &&
        known.includes(className) &&
        !selected.has(className)
      );
    });
  const excluded = tree.images.filter(({name}) => isExcluded(name)).map(({name}) => name);
  return {
    ...tree,
    images: tree.images.filter(({name}) => !isExcluded(name)),
    broken: tree.broken.filter(({name}) => !isExcluded(name)),
    skippedLinks: tree.skippedLinks.filter(({name}) => !isExcluded(name)),
    folders: tree.folders.filter(name => !isExcluded(name)),
    findings: [
      ...tree.findings,
      ...skippedFindings('class-filtered', 'note', excluded, 'its class is not among --classes'),
    ],
  };
}
