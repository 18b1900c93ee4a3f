import type {Dirent} from 'node:fs';
import {readdir, realpath, stat} from 'node:fs/promises';
import {join, sep} from 'node:path';
import {throwIfAborted} from '../../core/errors.js';
import {decodeFileName, toSystemPath} from '../../core/files/file-names.js';
import {isSystemJunk} from '../layout/system-files.js';

/** A regular file (or a link to one inside the same root). */
export interface ListedFile {
  /** Absolute; the root's own links are resolved. Bytes that are no UTF-8 as `core/files/file-names.ts` has them. */
  readonly path: string;
  /** The prefix and the path relative to the root, `/` between folders on every system. */
  readonly name: string;
  /** The name as the disk has it, where that is spelled otherwise. */
  readonly diskName?: string;
}

/** A file that should be an image and cannot be used as one. */
export interface BrokenFile extends ListedFile {
  /** A clause about the file: `it is empty`. */
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
  /** Folders by name in NFC, linked ones included; each once, sorted. */
  readonly folders: readonly string[];
  /** Links that lead outside the root, nowhere, or to a folder that another link already showed. */
  readonly skippedLinks: readonly SkippedLink[];
  /** Pipes, sockets and devices. */
  readonly specialFiles: readonly string[];
  /** What is hidden by a dot; such folders are not listed, and end in `/` here. */
  readonly hidden: readonly string[];
  /** Folders that cannot be listed; they are among the folders too. */
  readonly unreadableFolders: readonly ListedFile[];
  /** Runs and models of finetune: they are not listed, and not among the folders. */
  readonly outputs: readonly string[];
}

/** Files that mark a folder that a run has written: a run, the runs of a cross-validation, or a model. */
const OUTPUT_MARKERS: readonly (readonly string[])[] = [
  ['recipe.json', 'environment.json'],
  ['recipe.json', 'folds.json'],
  ['recipe.json', '.lock'],
  ['finetune.json', 'model.json'],
];

/** Whether a folder with these names in it is a run or a model. They may be among images: `finetune .` leaves `runs` there. */
const isFinetuneOutput = (names: ReadonlySet<string>): boolean =>
  OUTPUT_MARKERS.some(markerFiles => markerFiles.every(name => names.has(name))) ||
  [...names].join() === '.lock';

export interface ListOptions {
  /** Follows links that lead outside the root, too. */
  readonly followLinks?: boolean;
  readonly signal?: AbortSignal;
}

interface DirectoryEntry {
  readonly name: string;
  readonly kind: Pick<Dirent, 'isFile' | 'isDirectory' | 'isSymbolicLink'>;
}

/** What a folder holds, in code-point order: which of two links shows a folder must not be left to the disk. */
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

/** One walk through a folder. */
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

  /** Everything in a folder, given what is there. */
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

  /** How much there is that is not ours and not hidden. */
  get #visibleCount(): number {
    const {files, folders, skippedLinks, specialFiles, unreadableFolders} = this.listing;
    return [files, folders, skippedLinks, specialFiles, unreadableFolders].reduce(
      (sum, {length}) => sum + length,
      0,
    );
  }

  /** Names are in NFC, whatever the disk has, so that lists hold on every system; of two that differ in nothing else, the second is spelled otherwise. */
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
    // `runs`, which a run in the folder of images leaves there, is no class.
    if (outputs.length > outputsBefore && this.#visibleCount === visibleBefore + 1)
      folders.splice(index, 1);
  }

  /** A folder is shown through a link at most once, which makes loops of links end. */
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
 * Everything below a folder, links resolved as long as they stay inside it, or wherever they lead where `followLinks` says so. What systems
 * leave behind (system-files.ts) is ignored.
 *
 * @param rootPrefix begins every name
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
