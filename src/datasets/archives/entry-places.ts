import {strange} from './archive-error.js';

/** More entries are no data set that a folder could hold. */
const MOST_ENTRIES = 2_000_000;

/** What macOS puts beside every file. */
const isLeftover = (part: string): boolean => part === '__MACOSX' || part.startsWith('._') || part === '.DS_Store';

/** Names that a file system may take for one: with letters of another case, or composed otherwise. */
const folded = (place: string): string => place.normalize('NFC').toLowerCase();

/** Where entries of an archive may be written: inside its folder, each to a place of its own. */
export class EntryPlaces {
  readonly #places = new Map<string, {readonly place: string; readonly isFolder: boolean}>();
  #entries = 0;
  #bytes = 0;

  /**
   * @param archive for the sentences of errors
   * @param mostBytes of all files together
   */
  constructor(
    private readonly archive: string,
    private readonly mostBytes: number,
  ) {}

  /**
   * Where an entry belongs, relative to the folder, with `/`; undefined for what systems leave behind.
   *
   * @throws ArchiveError for a name that leads elsewhere, means two things, or is one too many
   */
  place(name: string, isFolder: boolean, size: number): string | undefined {
    const parts = this.#partsOf(name);
    if (parts.length === 0 || parts.some(isLeftover)) return undefined;
    this.#count(size);
    for (let end = 1; end < parts.length; end++) this.#take(parts.slice(0, end).join('/'), true);
    const place = parts.join('/');
    this.#take(place, isFolder);
    return place;
  }

  #partsOf(name: string): string[] {
    const slashed = name.replaceAll('\\', '/');
    if (name.includes('\ufffd') || name.includes('\0'))
      throw strange(this.archive, `has a name that is not in UTF-8, ${JSON.stringify(name)}`);
    if (slashed.startsWith('/') || /^[A-Za-z]:/.test(slashed)) throw strange(this.archive, `has an entry with an absolute path, ${name}`);
    const parts = slashed.split('/').filter(part => part !== '' && part !== '.');
    if (parts.includes('..')) throw strange(this.archive, `has an entry that leads out of it, ${name}`);
    return parts;
  }

  #count(size: number): void {
    this.#bytes += size;
    if (++this.#entries > MOST_ENTRIES) throw strange(this.archive, `has more than ${MOST_ENTRIES.toLocaleString('en')} entries`);
    if (this.#bytes > this.mostBytes) {
      const most = (this.mostBytes / 1e9).toFixed(1);
      throw strange(this.archive, `unpacks to more than ${most} GB, which is too much for its size or for the disk`);
    }
  }

  #take(place: string, isFolder: boolean): void {
    const known = this.#places.get(folded(place));
    if (known === undefined) return void this.#places.set(folded(place), {place, isFolder});
    if (known.place === place && known.isFolder && isFolder) return;
    const names =
      known.place === place ? `has ${place} twice` : `has ${known.place} and ${place}, one name where case and accents do not count`;
    throw strange(this.archive, names);
  }
}
