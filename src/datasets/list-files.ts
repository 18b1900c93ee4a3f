import {access, constants, realpath, stat} from 'node:fs/promises';
import {join, sep} from 'node:path';
import {glob} from 'glob';
import type {Path} from 'glob';
import {AbortedError} from '../core/errors.js';

/** A regular file (or a link to one inside the same root). */
export interface ListedFile {
  /** Absolute; the root's own links are resolved. */
  readonly path: string;
  /** The prefix and the path relative to the root, `/` between folders on every system. */
  readonly name: string;
}

export interface Listing {
  /** Sorted by name. */
  readonly files: readonly ListedFile[];
  /** Folders by name, linked ones included; sorted. */
  readonly folders: readonly string[];
  /** Links that lead outside the root, nowhere, or to a folder that another link already showed. */
  readonly refusedLinks: readonly {readonly name: string; readonly reason: 'outside' | 'nowhere' | 'again'}[];
  /** Pipes, sockets and devices. */
  readonly specials: readonly string[];
  /** What is hidden by a dot; nobody looks into such folders, which end in `/` here. */
  readonly hidden: readonly string[];
  /** Folders whose content is not told; they are among the folders too. */
  readonly closedFolders: readonly ListedFile[];
}

/** What systems and tools leave behind. */
const LEFTOVERS: ReadonlySet<string> = new Set(['__MACOSX', 'Thumbs.db', 'desktop.ini']);
const isLeftover = (entry: Path): boolean => LEFTOVERS.has(entry.name);
const isHidden = (entry: Path): boolean => entry.name.startsWith('.');

/** Of a name that is no UTF-8, Node cannot say how it is spelled: such a folder is not to be found again. */
const isClosed = (path: string): Promise<boolean> =>
  access(path, constants.R_OK).then(
    () => false,
    () => true,
  );

/**
 * Everything below a folder, links resolved as long as they stay inside it. A folder is shown through a link at most once, which makes
 * loops of links end.
 *
 * @param rootPrefix begins every name
 */
export async function listFiles(root: string, rootPrefix = '', signal?: AbortSignal): Promise<Listing> {
  const realRoot = await realpath(root);
  const files: ListedFile[] = [];
  const folders: string[] = [];
  const refusedLinks: {name: string; reason: 'outside' | 'nowhere' | 'again'}[] = [];
  const specials: string[] = [];
  const hidden: string[] = [];
  const closedFolders: ListedFile[] = [];
  const linkedFolders = new Set<string>();

  const walk = async (folder: string, prefix: string): Promise<void> => {
    const childrenIgnored = (entry: Path): boolean => isLeftover(entry) || (isHidden(entry) && entry.fullpath() !== folder);
    const entries = await glob('**', {cwd: folder, dot: true, withFileTypes: true, ignore: {ignored: isLeftover, childrenIgnored}});
    entries.sort((a, b) => (a.fullpath() < b.fullpath() ? -1 : 1)); // which of two links shows a folder must not be left to the disk
    for (const entry of entries) {
      if (signal?.aborted) throw new AbortedError();
      const name = prefix + entry.relativePosix();
      if (name === prefix) continue;
      if (isHidden(entry)) hidden.push(entry.isDirectory() ? `${name}/` : name);
      else if (entry.isDirectory()) await enter(entry.fullpath(), name);
      else if (entry.isFile()) files.push({path: entry.fullpath(), name});
      else if (entry.isSymbolicLink()) await follow(entry.fullpath(), name);
      else specials.push(name);
    }
  };

  const enter = async (path: string, name: string): Promise<void> => {
    folders.push(name);
    if (await isClosed(path)) closedFolders.push({path, name});
  };

  const follow = async (path: string, name: string): Promise<void> => {
    const target = await realpath(path).catch(() => undefined);
    const status = target === undefined ? undefined : await stat(target).catch(() => undefined);
    if (target === undefined || status === undefined) return void refusedLinks.push({name, reason: 'nowhere'});
    if (target !== realRoot && !target.startsWith(join(realRoot, sep))) return void refusedLinks.push({name, reason: 'outside'});
    if (status.isFile()) return void files.push({path, name});
    if (!status.isDirectory()) return void specials.push(name);
    if (linkedFolders.has(target) || path.startsWith(target + sep)) return void refusedLinks.push({name, reason: 'again'});
    linkedFolders.add(target);
    await enter(target, name);
    await walk(target, `${name}/`);
  };

  await walk(realRoot, rootPrefix);
  files.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {files, folders: folders.sort(), refusedLinks, specials, hidden, closedFolders};
}
