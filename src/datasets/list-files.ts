import {realpath, stat} from 'node:fs/promises';
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
}

/** What systems and tools leave behind; hidden files and folders are skipped by glob itself. */
const LEFTOVERS: ReadonlySet<string> = new Set(['__MACOSX', 'Thumbs.db', 'desktop.ini']);
const isLeftover = (entry: Path): boolean => LEFTOVERS.has(entry.name);

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
  const linkedFolders = new Set<string>();

  const walk = async (folder: string, prefix: string): Promise<void> => {
    const entries = await glob('**', {cwd: folder, withFileTypes: true, ignore: {ignored: isLeftover, childrenIgnored: isLeftover}});
    entries.sort((a, b) => (a.fullpath() < b.fullpath() ? -1 : 1)); // which of two links shows a folder must not be left to the disk
    for (const entry of entries) {
      if (signal?.aborted) throw new AbortedError();
      const name = prefix + entry.relativePosix();
      if (name === prefix) continue;
      if (entry.isDirectory()) folders.push(name);
      else if (entry.isFile()) files.push({path: entry.fullpath(), name});
      else if (entry.isSymbolicLink()) await follow(entry.fullpath(), name);
      else specials.push(name);
    }
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
    folders.push(name);
    await walk(target, `${name}/`);
  };

  await walk(realRoot, rootPrefix);
  files.sort((a, b) => (a.name < b.name ? -1 : 1));
  return {files, folders: folders.sort(), refusedLinks, specials};
}
