import {DatasetError} from '../core/errors.js';
import {suggestion} from '../core/nearest.js';
import {classOf, foldersIn} from './class-folders.js';
import type {FolderLayout} from './folder-layout.js';
import type {ImageTree} from './image-tree.js';
import {leftOut} from './left-out.js';

/** A class that was asked for has no folder. */
export class UnknownClassError extends DatasetError {
  override readonly code = 'UNKNOWN_CLASS';

  constructor(
    readonly className: string,
    readonly path: string,
    known: readonly string[],
  ) {
    super(
      `Expected a folder for each class of --classes in ${path}, but found none for ${className}${suggestion(className, known) || '.'}`,
    );
  }
}

/** A tree without the folders of other classes, which it tells of. @throws UnknownClassError */
export function chooseClasses(tree: ImageTree, prefixes: FolderLayout['prefixes'], classes: readonly string[] | undefined): ImageTree {
  if (classes === undefined) return tree;
  const known = foldersIn(tree, prefixes.train);
  const wanted = classes.map(name => name.normalize('NFC'));
  const unknown = wanted.find(name => !known.includes(name));
  if (unknown !== undefined) throw new UnknownClassError(unknown, tree.root, known);
  const chosen = new Set(wanted);
  const isOther = (name: string): boolean =>
    Object.values(prefixes).some(prefix => {
      const className = classOf(`${name}/`, prefix);
      return className !== undefined && name.startsWith(prefix) && known.includes(className) && !chosen.has(className);
    });
  const others = tree.images.filter(({name}) => isOther(name)).map(({name}) => name);
  return {
    ...tree,
    images: tree.images.filter(({name}) => !isOther(name)),
    broken: tree.broken.filter(({name}) => !isOther(name)),
    lostLinks: tree.lostLinks.filter(({name}) => !isOther(name)),
    folders: tree.folders.filter(name => !isOther(name)),
    findings: [...tree.findings, ...leftOut('class-not-chosen', 'note', others, 'its class is not among --classes')],
  };
}
