import type {Dirent} from 'node:fs';
import {readdir, realpath, stat} from 'node:fs/promises';
import {join, sep} from 'node:path';
import {throwIfAborted} from '../../core/errors.js';
import {decodeFileName, toSystemPath} from '../../core/files/file-names.js';
import {isSystemJunk} from '../layout/system-files.js';

/** A regular file (or a link to one inside the same root). */
export interface ListedFile {
  /** Absolute path. Links in the root's path are resolved. Bytes that are not valid UTF-8 are encoded as in `core/files/file-names.ts`. */
  readonly path: string;
  /** The prefix and the path relative to the root, with `/` on every system. */
  readonly name: string;
  /** The name on disk, if it is spelled differently. */
  readonly diskName?: string;
}

/** An image file that cannot be used. */
export interface BrokenFile extends ListedFile {
  /** The reason, as a clause about the file: `it is empty`. */
  readonly reason: string;
}

/** A link that was not followed. */
export interface SkippedLink {
  readonly name: string;
  readonly reason: 'external' | 'broken' | 'duplicate';
  readonly targetKind?: 'file' | 'folder';
}

export interface Listing {
  /** Sorted by name. */
  readonly files: readonly ListedFile[];
  /** Names of folders in NFC, including linked ones; unique and sorted. */
  readonly folders: readonly string[];
  /** Links that lead outside the root, are broken, or lead to a folder that another link already includes. */
  readonly skippedLinks: readonly SkippedLink[];
  /** Pipes, sockets and devices. */
  readonly specialFiles: readonly string[];
  /** Names with a leading dot. Hidden folders are not listed; their names end in `/` here. */
  readonly hidden: readonly string[];
  /** Folders that cannot be listed. They are in `folders` as well. */
  readonly unreadableFolders: readonly ListedFile[];
  /** Output folders of finetune: runs and models. They are not listed, and are not in `folders`. */
  readonly outputs: readonly string[];
}

/** Files that identify an output folder: a run, the runs of a cross-validation, or a model. */
const OUTPUT_MARKERS: readonly (readonly string[])[] = [
  ['recipe.json', 'environment.json'],
  ['recipe.json', 'folds.json'],
  ['recipe.json', '.lock'],
  ['finetune.json', 'model.json'],
];

/** Whether a folder with these entries is an output of finetune. `finetune .` leaves `runs` among the images. */
const isFinetuneOutput = (names: ReadonlySet<string>): boolean =>
  OUTPUT_MARKERS.some(markerFiles => markerFiles.every(name => names.has(name))) ||
  [...names].join() === '.lock';

export interface ListOptions {
  /** Also follows links that lead outside the root. */
  readonly followLinks?: boolean;
  readonly signal?: AbortSignal;
}

interface DirectoryEntry {
  readonly name: string;
  readonly kind: Pick<Dirent, 'isFile' | 'isDirectory' | 'isSymbolicLink'>;
}

/** Entries of a folder, sorted, so that the result does not depend on the disk when two links lead to one folder. */
async function readEntries(folder: string): Promise<DirectoryEntry[]> {
  const dirents = await readdir(toSystemPath(folder), {
    withFileTypes: true,
    encoding: 'buffer' as 'utf8',
  });
  const entries = (dirents as unknown as Dirent<Buffer>[]).map(kind => ({
    name: decodeFileName(kind.name),
    kind,
  }));
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A recursive walk through a folder. */
class Walk {
  readonly listing = {
    files: [] as ListedFile[],
    folders: [] as string[],
    skippedLinks: [] as SkippedLink[],
    specialFiles: [] as string[],
    hidden: [] as string[],
    unreadableFolders: [] as ListedFile[],
    outputs: [] as string[],
  };
  readonly #linkedFolders = new Set<string>();
  readonly #names = new Set<string>();

  constructor(
    readonly root: string,
    readonly options: ListOptions,
  ) {}

  /** Visits all entries of a folder. */
  async visit(folder: string, prefix: string, entries: readonly DirectoryEntry[]): Promise<void> {
    const {hidden, specialFiles} = this.listing;
    for (const {name: entry, kind} of entries) {
      throwIfAborted(this.options.signal);
      if (isSystemJunk(entry)) continue;
      const [path, name] = [join(folder, entry), prefix + entry];
      if (entry.startsWith('.')) hidden.push(kind.isDirectory() ? `${name}/` : name);
      else if (kind.isDirectory()) await this.#enterFolder(path, name);
      else if (kind.isFile()) this.#addFile(path, name);
      else if (kind.isSymbolicLink()) await this.#followLink(path, name);
      else specialFiles.push(name);
    }
  }

  /** Number of listed items that are neither hidden nor outputs of finetune. */
  get #visibleCount(): number {
    const {files, folders, skippedLinks, specialFiles, unreadableFolders} = this.listing;
    return [files, folders, skippedLinks, specialFiles, unreadableFolders].reduce(
      (sum, {length}) => sum + length,
      0,
    );
  }

  /**
   * Adds a file under its name in NFC, so that lists work on every system. If two names differ only in normalization, the second keeps
   * another form.
   */
  #addFile(path: string, raw: string): void {
    const spellings = [raw.normalize('NFC'), raw, raw.normalize('NFD')];
    const name = spellings.find(spelling => !this.#names.has(spelling)) ?? path;
    this.#names.add(name);
    this.listing.files.push({path, name, ...(name !== raw && {diskName: raw})});
  }

  async #enterFolder(path: string, name: string): Promise<void> {
    const {folders, unreadableFolders, outputs} = this.listing;
    const entries = await readEntries(path).catch(() => undefined);
    if (entries !== undefined && isFinetuneOutput(new Set(entries.map(entry => entry.name))))
      return void outputs.push(`${name}/`);
    const visibleBefore = this.#visibleCount;
    const index = folders.push(name.normalize('NFC')) - 1;
    if (entries === undefined) return void unreadableFolders.push({path, name});
    const outputsBefore = outputs.length;
    await this.visit(path, `${name}/`, entries);
    // A folder that holds only outputs, such as `runs`, is not a class.
    if (outputs.length > outputsBefore && this.#visibleCount === visibleBefore + 1)
      folders.splice(index, 1);
  }

  /** Follows a link. Each folder is listed through a link at most once, so loops of links end. */
  async #followLink(path: string, name: string): Promise<void> {
    const {skippedLinks, specialFiles} = this.listing;
    const target = await realpath(toSystemPath(path), {encoding: 'buffer'}).then(
      decodeFileName,
      () => undefined,
    );
    const status =
      target === undefined ? undefined : await stat(toSystemPath(target)).catch(() => undefined);
    if (target === undefined || status === undefined)
      return void skippedLinks.push({name, reason: 'broken'});
    const isInside = target === this.root || target.startsWith(join(this.root, sep));
    if (!isInside && this.options.followLinks !== true) {
      const targetKind = status.isDirectory() ? 'folder' : 'file';
      return void skippedLinks.push({name, reason: 'external', targetKind});
    }
    if (status.isFile()) return this.#addFile(path, name);
    if (!status.isDirectory()) return void specialFiles.push(name);
    if (this.#linkedFolders.has(target) || path.startsWith(target + sep))
      return void skippedLinks.push({name, reason: 'duplicate'});
    this.#linkedFolders.add(target);
    await this.#enterFolder(target, name);
  }
}

/**
 * Lists everything below a folder. Links are followed if they stay inside it, or always with `followLinks`. Files that operating systems
 * leave behind (system-files.ts) are ignored.
 *
 * @param rootPrefix prefix of every name
 */
export async function listFiles(
  root: string,
  rootPrefix = '',
  options: ListOptions = {},
): Promise<Listing> {
  throwIfAborted(options.signal);
  const realRoot = await realpath(toSystemPath(root), {encoding: 'buffer'}).then(decodeFileName);
  const walk = new Walk(realRoot, options);
  await walk.visit(realRoot, rootPrefix, await readEntries(realRoot));
  const {listing} = walk;
  listing.files.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {...listing, folders: [...new Set(listing.folders)].sort()};
}
