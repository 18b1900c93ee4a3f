import {formatInteger} from '../../core/text/format-count.js';
import {unsafeArchiveError} from './archive-error.js';

/** Maximum number of entries. No folder could hold a dataset with more. */
const MAX_ENTRIES = 2_000_000;

/** Metadata that macOS stores next to every file. */
const isMacMetadata = (segment: string): boolean =>
  segment === '__MACOSX' || segment.startsWith('._') || segment === '.DS_Store';

/** Key that is equal for names that some file systems treat as one: differing in case or Unicode normalization. */
const caseFold = (target: string): string => target.normalize('NFC').toLowerCase();

/** Target paths of an archive's entries. Each is inside the output folder and unique. */
export class EntryTargets {
  readonly #targets = new Map<string, {readonly target: string; readonly isFolder: boolean}>();
  #entries = 0;
  #bytes = 0;

  /**
   * @param archive path of the archive, for error messages
   * @param maxBytes maximum total size of all files
   */
  constructor(
    private readonly archive: string,
    private readonly maxBytes: number,
  ) {}

  /**
   * The target of an entry, relative to the folder, with `/`; undefined for files that operating systems leave behind.
   *
   * @throws ArchiveError for a name that leads out of the folder or is ambiguous, and for an archive that exceeds a limit
   */
  target(name: string, isFolder: boolean, size: number): string | undefined {
    const segments = this.#parseSegments(name);
    if (segments.length === 0 || segments.some(isMacMetadata)) return undefined;
    this.#addEntry(size);
    for (let end = 1; end < segments.length; end++)
      this.#reserve(segments.slice(0, end).join('/'), true);
    const target = segments.join('/');
    this.#reserve(target, isFolder);
    return target;
  }

  #parseSegments(name: string): string[] {
    const posixName = name.replaceAll('\\', '/');
    if (name.includes('\ufffd') || name.includes('\0'))
      throw unsafeArchiveError(
        this.archive,
        `has a name that is not in UTF-8, ${JSON.stringify(name)}`,
      );
    if (posixName.startsWith('/') || /^[A-Za-z]:/.test(posixName))
      throw unsafeArchiveError(this.archive, `has an entry with an absolute path, ${name}`);
    const segments = posixName.split('/').filter(segment => segment !== '' && segment !== '.');
    if (segments.includes('..'))
      throw unsafeArchiveError(this.archive, `has an entry that leads out of it, ${name}`);
    return segments;
  }

  #addEntry(size: number): void {
    this.#bytes += size;
    if (++this.#entries > MAX_ENTRIES)
      throw unsafeArchiveError(this.archive, `has more than ${formatInteger(MAX_ENTRIES)} entries`);
    if (this.#bytes > this.maxBytes) {
      const maxGigabytes = (this.maxBytes / 1e9).toFixed(1);
      throw unsafeArchiveError(
        this.archive,
        `unpacks to more than ${maxGigabytes} GB, which is too much for its size or for the disk`,
      );
    }
  }

  #reserve(target: string, isFolder: boolean): void {
    const existing = this.#targets.get(caseFold(target));
    if (existing === undefined) return void this.#targets.set(caseFold(target), {target, isFolder});
    if (existing.target === target && existing.isFolder && isFolder) return;
    const problem =
      existing.target === target
        ? `has ${target} twice`
        : `has ${existing.target} and ${target}, one name where case and accents do not count`;
    throw unsafeArchiveError(this.archive, problem);
  }
}
