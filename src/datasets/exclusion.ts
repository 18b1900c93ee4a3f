import type {Finding} from '../core/finding.js';
import type {ImageTree} from './image-tree.js';
import {leftOut} from './left-out.js';

/** A list of files to leave out, and which of them there were. */
export class Exclusion {
  readonly #names: ReadonlySet<string>;
  readonly #found = new Set<string>();

  /** @param names as `Sample.name` and findings have them */
  constructor(names: readonly string[] = []) {
    this.#names = new Set(names);
  }

  /** A tree without the files of the list, broken ones included. */
  of(tree: ImageTree): ImageTree {
    if (this.#names.size === 0) return tree;
    const isKept = ({name}: {readonly name: string}): boolean => {
      if (!this.#names.has(name)) return true;
      this.#found.add(name);
      return false;
    };
    return {
      ...tree,
      images: tree.images.filter(isKept),
      broken: tree.broken.filter(isKept),
      findings: tree.findings.filter(({files}) => files.length === 0 || !files.every(name => this.#names.has(name))),
    };
  }

  /** What was left out, and what was to be and is not there. */
  findings(): Finding[] {
    const missing = [...this.#names].filter(name => !this.#found.has(name));
    const [first] = missing;
    const which = missing.length === 1 ? `${first} is` : `${missing.length} files, such as ${first}, are`;
    return [
      ...leftOut('excluded', 'note', [...this.#found], 'it is on the list of --exclude'),
      ...(first === undefined
        ? []
        : [
            {
              code: 'not-excluded',
              severity: 'warning',
              message: `${which} on the list of --exclude and not among the images. Names are relative to the data folder, as check writes them.`,
              files: missing,
            } as const,
          ]),
    ];
  }
}
