import {formatInteger} from '../../core/text/format-count.js';
import type {Finding} from '../../core/finding.js';
import {skippedFindings} from './skipped-files.js';

/** A list of files to exclude. It tracks which of them exist. */
export class ExcludeList {
  readonly #excluded: ReadonlySet<string>;
  readonly #matched = new Set<string>();

  /** @param names names of files, as in `Sample.name` and findings */
  constructor(names: readonly string[] = []) {
    this.#excluded = new Set(names.map(name => name.normalize('NFC')));
  }

  /** Returns the files that are not on the list. */
  filter<NamedFile extends {readonly name: string}>(files: readonly NamedFile[]): NamedFile[] {
    return files.filter(({name}) => {
      if (!this.#excluded.has(name.normalize('NFC'))) return true;
      this.#matched.add(name);
      return false;
    });
  }

  /** Findings about the excluded files, and about listed files that do not exist. */
  findings(): Finding[] {
    const matched = new Set([...this.#matched].map(name => name.normalize('NFC')));
    const unmatched = [...this.#excluded].filter(name => !matched.has(name));
    const [first] = unmatched;
    const subject =
      unmatched.length === 1
        ? `${first} is`
        : `${formatInteger(unmatched.length)} files, such as ${first}, are`;
    return [
      ...skippedFindings(
        'excluded',
        'note',
        [...this.#matched],
        'it is on the list of --exclude',
      ).map(finding => ({
        ...finding,
        exclude: finding.files,
      })),
      ...(first === undefined
        ? []
        : [
            {
              code: 'exclude-unmatched',
              severity: 'warning',
              message: `${subject} on the list of --exclude and not among the images. Names are relative to the data folder, as check writes them.`,
              files: unmatched,
            } as const,
          ]),
    ];
  }
}
