import type {Dirent} from 'node:fs';
import {readdir, realpath, stat} from 'node:fs/promises';
import {join, sep} from 'node:path';
import {AbortedError} from '../core/errors.js';
import {nameFromBytes, systemPath} from '../core/file-names.js';
import {isOutput} from './own-output.js';
import {isSystemJunk} from './system-junk.js';

/** A regular file (or a link to one inside the same root). */
export interface ListedFile {
  /** Absolute; the root's own links are resolved. Bytes that are no UTF-8 as `core/file-names.ts` has them. */
  readonly path: string;
  /** The prefix and the path relative to the root, `/` between folders on every system. */
  readonly name: string;
  /** The name as the disk has it, where that is spelled otherwise. */
  readonly spelled?: string;
}

/** A link that was not followed. */
export interface RefusedLink {
  readonly name: string;
  readonly reason: 'outside' | 'nowhere' | 'again';
  readonly leadsTo?: 'file' | 'folder';
}

export interface Listing {
  /** Sorted by name. */
  readonly files: readonly ListedFile[];
  /** Folders by name in NFC, linked ones included; each once, sorted. */
  readonly folders: readonly string[];
  /** Links that lead outside the root, nowhere, or to a folder that another link already showed. */
  readonly refusedLinks: readonly RefusedLink[];
  /** Pipes, sockets and devices. */
  readonly specials: readonly string[];
  /** What is hidden by a dot; nobody looks into such folders, which end in `/` here. */
  readonly hidden: readonly string[];
  /** Folders whose content is not told; they are among the folders too. */
  readonly closedFolders: readonly ListedFile[];
  /** Runs and models of ours: nobody looks into them, and they are not among the folders. */
  readonly outputs: readonly string[];
}

export interface ListOptions {
  /** Follows links that lead outside the root, too. */
  readonly followLinks?: boolean;
  readonly signal?: AbortSignal;
}

interface Entry {
  readonly name: string;
  readonly kind: Pick<Dirent, 'isFile' | 'isDirectory' | 'isSymbolicLink'>;
}

/** What a folder holds, in code-point order: which of two links shows a folder must not be left to the disk. */
async function entriesOf(folder: string): Promise<Entry[]> {
  const found = await readdir(systemPath(folder), {withFileTypes: true, encoding: 'buffer' as 'utf8'});
  const entries = (found as unknown as Dirent<Buffer>[]).map(kind => ({name: nameFromBytes(kind.name), kind}));
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** One walk through a folder. */
class Walk {
  readonly listing = {
    files: [] as ListedFile[],
    folders: [] as string[],
    refusedLinks: [] as RefusedLink[],
    specials: [] as string[],
    hidden: [] as string[],
    closedFolders: [] as ListedFile[],
    outputs: [] as string[],
  };
  readonly #linkedFolders = new Set<string>();
  readonly #names = new Set<string>();

  constructor(
    readonly root: string,
    readonly options: ListOptions,
  ) {}

  /** Everything in a folder, given what is there. */
  async visit(folder: string, prefix: string, entries: readonly Entry[]): Promise<void> {
    const {hidden, specials} = this.listing;
    for (const {name: entry, kind} of entries) {
      if (this.options.signal?.aborted) throw new AbortedError();
      if (isSystemJunk(entry)) continue;
      const [path, name] = [join(folder, entry), prefix + entry];
      if (entry.startsWith('.')) hidden.push(kind.isDirectory() ? `${name}/` : name);
      else if (kind.isDirectory()) await this.#enter(path, name);
      else if (kind.isFile()) this.#file(path, name);
      else if (kind.isSymbolicLink()) await this.#follow(path, name);
      else specials.push(name);
    }
  }

  /** How much there is that is not ours and not hidden. */
  get #shown(): number {
    const {files, folders, refusedLinks, specials, closedFolders} = this.listing;
    return [files, folders, refusedLinks, specials, closedFolders].reduce((sum, {length}) => sum + length, 0);
  }

  /** Names are in NFC, whatever the disk has, so that lists hold on every system; of two that differ in nothing else, the second is spelled otherwise. */
  #file(path: string, raw: string): void {
    const spellings = [raw.normalize('NFC'), raw, raw.normalize('NFD')];
    const name = spellings.find(spelling => !this.#names.has(spelling)) ?? path;
    this.#names.add(name);
    this.listing.files.push({path, name, ...(name !== raw && {spelled: raw})});
  }

  async #enter(path: string, name: string): Promise<void> {
    const {folders, closedFolders, outputs} = this.listing;
    const entries = await entriesOf(path).catch(() => undefined);
    if (entries !== undefined && isOutput(new Set(entries.map(entry => entry.name)))) return void outputs.push(`${name}/`);
    const shown = this.#shown;
    const place = folders.push(name.normalize('NFC')) - 1;
    if (entries === undefined) return void closedFolders.push({path, name});
    const before = outputs.length;
    await this.visit(path, `${name}/`, entries);
    // `runs`, which a run in the folder of images leaves there, is no class.
    if (outputs.length > before && this.#shown === shown + 1) folders.splice(place, 1);
  }

  /** A folder is shown through a link at most once, which makes loops of links end. */
  async #follow(path: string, name: string): Promise<void> {
    const {refusedLinks, specials} = this.listing;
    const target = await realpath(systemPath(path), {encoding: 'buffer'}).then(nameFromBytes, () => undefined);
    const status = target === undefined ? undefined : await stat(systemPath(target)).catch(() => undefined);
    if (target === undefined || status === undefined) return void refusedLinks.push({name, reason: 'nowhere'});
    const isInside = target === this.root || target.startsWith(join(this.root, sep));
    if (!isInside && this.options.followLinks !== true) {
      const leadsTo = status.isDirectory() ? 'folder' : 'file';
      return void refusedLinks.push({name, reason: 'outside', leadsTo});
    }
    if (status.isFile()) return this.#file(path, name);
    if (!status.isDirectory()) return void specials.push(name);
    if (this.#linkedFolders.has(target) || path.startsWith(target + sep)) return void refusedLinks.push({name, reason: 'again'});
    this.#linkedFolders.add(target);
    await this.#enter(target, name);
  }
}

/**
 * Everything below a folder, links resolved as long as they stay inside it, or wherever they lead where `followLinks` says so. What systems
 * leave behind (system-junk.ts) is not looked at.
 *
 * @param rootPrefix begins every name
 */
export async function listFiles(root: string, rootPrefix = '', options: ListOptions = {}): Promise<Listing> {
  if (options.signal?.aborted) throw new AbortedError();
  const realRoot = await realpath(systemPath(root), {encoding: 'buffer'}).then(nameFromBytes);
  const walk = new Walk(realRoot, options);
  await walk.visit(realRoot, rootPrefix, await entriesOf(realRoot));
  const {listing} = walk;
  listing.files.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {...listing, folders: [...new Set(listing.folders)].sort()};
}
