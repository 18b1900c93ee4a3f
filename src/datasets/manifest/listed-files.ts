import {statSync} from 'node:fs';
import {basename, dirname, isAbsolute, relative, resolve, sep} from 'node:path';
import {hasImageExtension} from '../images/image-format.js';
import {listFiles, type ListOptions, type ListedFile} from '../discovery/list-files.js';
import {parseSplit} from '../layout/split-names.js';

/** The file that a listed path refers to, or several candidates. */
export type FileMatch = ListedFile | {readonly candidates: readonly string[]};

const withoutExtension = (name: string): string =>
  hasImageExtension(name) ? name.replace(/\.[^.]+$/, '') : name;

/** All suffixes of a path: `a/b.png`, `b.png`. */
const pathSuffixes = (name: string): string[] =>
  name.split('/').map((_, i, segments) => segments.slice(i).join('/'));

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false; // no such file, or not a valid file name
  }
}

/** Indexes files by every suffix of their path, with and without extension. */
function indexBySuffix(files: readonly ListedFile[]): Map<string, ListedFile[]> {
  const index = new Map<string, ListedFile[]>();
  for (const file of files) {
    for (const suffix of pathSuffixes(file.name)) {
      for (const key of new Set([suffix, withoutExtension(suffix)])) {
        const existing = index.get(key);
        if (existing === undefined) index.set(key, [file]);
        else existing.push(file);
      }
    }
  }
  return index;
}

/**
 * Finds the files of a list by their paths relative to its folder. Tolerates `\` instead of `/`, another Unicode normalization, missing
 * extensions and missing folders.
 */
export class ManifestFiles {
  readonly #matches = new Map<string, FileMatch | undefined>();
  #index: ReadonlyMap<string, readonly ListedFile[]> = new Map();

  /** @param manifestPath path of the list: `train.csv` prefers files in `train` */
  constructor(
    readonly manifestPath: string,
    readonly options: ListOptions,
  ) {}

  get root(): string {
    return dirname(this.manifestPath);
  }

  /** Indexes the folder, unless every row after the first has a cell with an exact path: the list may be in a huge folder. */
  async indexIfNeeded(rows: readonly (readonly string[])[]): Promise<void> {
    if (
      rows
        .slice(1)
        .every(cells =>
          cells.some(cell => cell.trim() !== '' && isFile(resolve(this.root, cell.trim()))),
        )
    )
      return;
    const {files} = await listFiles(this.root, '', this.options);
    this.#index = indexBySuffix(files.filter(({name}) => hasImageExtension(name)));
  }

  readonly isImage = (cell: string): boolean => cell !== '' && this.find(cell) !== undefined;

  /** Finds the file that a listed path refers to; undefined if there is none. */
  find(path: string): FileMatch | undefined {
    if (!this.#matches.has(path)) this.#matches.set(path, this.#search(path));
    return this.#matches.get(path);
  }

  #search(path: string): FileMatch | undefined {
    const toListedFile = this.toListedFile(path);
    if (isFile(toListedFile.path)) return toListedFile;
    const posixFile = this.toListedFile(path.replaceAll('\\', '/'));
    if (isFile(posixFile.path)) return posixFile;
    const normalizedName = posixFile.name;
    const matches = this.#index.get(normalizedName) ?? [];
    const exact = matches.filter(one => one.name === normalizedName);
    const [match, ...others] = this.#selectPreferred(exact.length > 0 ? exact : matches);
    return others.length === 0 ? match : {candidates: matches.map(one => one.name)};
  }

  /**
   * Selects from several files: a single one directly in the list's folder, or those in folders of the split that the list's name means.
   */
  #selectPreferred(files: readonly ListedFile[]): readonly ListedFile[] {
    const split = parseSplit(basename(this.manifestPath).replace(/\.[^.]+$/, ''));
    const isForSplit = ({name}: ListedFile): boolean =>
      name
        .split('/')
        .slice(0, -1)
        .some(folder => parseSplit(folder) === split);
    const direct = files.filter(({name}) => !name.includes('/'));
    if (files.length > 1 && direct.length === 1) return direct;
    const preferred = split === undefined || files.length < 2 ? files : files.filter(isForSplit);
    return preferred.length > 0 ? preferred : files;
  }

  /** Resolves a path literally. */
  toListedFile(path: string): ListedFile {
    const file = resolve(this.root, path);
    const inside = relative(this.root, file);
    const isOutside = inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside);
    return {path: file, name: (isOutside ? file : inside.split(sep).join('/')).normalize('NFC')};
  }
}
