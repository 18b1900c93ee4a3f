import {count} from '../core/count.js';
import type {Finding} from '../core/finding.js';
import {leftOut} from './left-out.js';

/** A list of files to leave out, and which of them there were. */
export class Exclusion {
  readonly #names: ReadonlySet<string>;
  readonly #found = new Set<string>();

  /** @param names as `Sample.name` and findings have them */
  constructor(names: readonly string[] = []) {
    this.#names = new Set(names.map(name => name.normalize('NFC')));
  }

  /** Files that are not on the list. */
  kept<File extends {readonly name: string}>(files: readonly File[]): File[] {
    return files.filter(({name}) => {
      if (!this.#names.has(name.normalize('NFC'))) return true;
      this.#found.add(name);
      return false;
    });
  }

  /** What was left out, and what was to be and is not there. */
  findings(): Finding[] {
    const found = new Set([...this.#found].map(name => name.normalize('NFC')));
    const missing = [...this.#names].filter(name => !found.has(name));
    const [first] = missing;
    const which = missing.length === 1 ? `${first} is` : `${count(missing.length)} files, such as ${first}, are`;
    return [
      ...leftOut('excluded', 'note', [...this.#found], 'it is on the list of --exclude').map(finding => ({
        ...finding,
        exclude: finding.files,
      })),
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
