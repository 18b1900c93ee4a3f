import {access, constants, stat} from 'node:fs/promises';
import {extname, join} from 'node:path';
import {DatasetError} from '../core/errors.js';
import {systemPath} from '../core/file-names.js';
import type {Finding} from '../core/finding.js';
import {concurrently} from './concurrently.js';
import type {Exclusion} from './exclusion.js';
import {groupBy} from './group-by.js';
import {formatFault, formatOfFile, isNamedAsImage} from './image-format.js';
import {leftOut} from './left-out.js';
import {listFiles} from './list-files.js';
import type {ListedFile, Listing, RefusedLink} from './list-files.js';
import type {BrokenFile} from './readability.js';

/** What lies below a folder, sorted into images and the rest by the files' bytes. */
export interface ImageTree {
  /** Absolute, as it was given. */
  readonly root: string;
  readonly images: readonly ListedFile[];
  readonly broken: readonly BrokenFile[];
  /** By name; sorted. */
  readonly folders: readonly string[];
  /** Names of files that are no images. */
  readonly others: readonly string[];
  /** Links that may lead to images, and were not followed. */
  readonly lostLinks: readonly LostLink[];
  readonly findings: readonly Finding[];
}

/** A link that was not followed, with a clause about it. */
export interface LostLink extends BrokenFile {
  /** Whether it may stand for a folder of images, and not for one. */
  readonly isFolder: boolean;
}

/** The folder of images is not there, or is no folder. */
export class FolderNotFoundError extends DatasetError {
  override readonly code = 'FOLDER_NOT_FOUND';

  constructor(
    readonly path: string,
    found: string,
  ) {
    super(`Expected a folder of images at ${path}, but found ${found}. Check the path.`);
  }
}

/** A path as it is spelled on the disk, where that takes accents otherwise. */
async function spelled(path: string): Promise<string> {
  for (const spelling of [path, path.normalize('NFC'), path.normalize('NFD')]) {
    const isThere = await stat(systemPath(spelling)).then(
      () => true,
      () => false,
    );
    if (isThere) return spelling;
  }
  return path;
}

async function assertFolder(path: string): Promise<void> {
  const status = await stat(systemPath(path)).catch((error: NodeJS.ErrnoException) => error.code);
  if (typeof status !== 'object') throw new FolderNotFoundError(path, status === 'ENOENT' ? 'nothing' : `an error, ${status}`);
  if (!status.isDirectory()) throw new FolderNotFoundError(path, 'a file');
  await access(systemPath(path), constants.R_OK | constants.X_OK).catch(() => {
    throw new FolderNotFoundError(path, 'one that may not be looked into');
  });
}

/** Opening a file waits for the disk and not for the processor. */
export const FILES_AT_ONCE = 32;

const CLOSED_FOLDER = 'it is a folder that may not be looked into';

/** `image`, `other` for what nobody takes for one, or why it is none although it should be. */
type Verdict = 'image' | 'other' | {readonly reason: string};

async function judge({path, name}: ListedFile): Promise<Verdict> {
  const format = await formatOfFile(path).catch(() => 'closed' as const);
  const reason = format === 'closed' ? 'it cannot be opened' : formatFault(format);
  const isPicture = !['empty', 'unknown', 'closed'].includes(format);
  if (reason === undefined) return 'image';
  return isPicture || isNamedAsImage(name) ? {reason} : 'other';
}

/** How a folder is looked through and watched. */
export interface Watching {
  readonly signal?: AbortSignal;
  /** Told how many of the files that were found have been looked at. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Told how many bytes of an archive have been unpacked. */
  readonly onBytes?: (done: number, total: number) => void;
}

export interface TreeOptions extends Watching {
  /** Reads what links lead to outside the folder, too. */
  readonly followLinks?: boolean;
}

/**
 * Finds every image below a folder.
 *
 * @param prefix put before the names of files and folders, where they stand beside those of another tree
 * @param exclusion files that are not to be looked at
 * @throws FolderNotFoundError, AbortedError
 */
export async function readImageTree(
  named: string,
  prefix: string,
  {signal, onProgress, followLinks}: TreeOptions = {},
  exclusion?: Exclusion,
): Promise<ImageTree> {
  const root = await spelled(named);
  await assertFolder(root);
  const listing = await listFiles(root, prefix, {...(signal && {signal}), ...(followLinks === true && {followLinks})});
  const files = exclusion?.kept(listing.files) ?? listing.files;
  let done = 0;
  const look = async (file: ListedFile): Promise<Verdict> => {
    const verdict = await judge(file);
    onProgress?.(++done, files.length);
    return verdict;
  };
  const verdicts = await concurrently(files, FILES_AT_ONCE, look, signal);
  const brokenFiles = files.flatMap((file, index) => {
    const verdict = verdicts[index]!;
    return typeof verdict === 'string' ? [] : [{...file, ...verdict}];
  });
  const broken = [...brokenFiles, ...listing.closedFolders.map(({path, name}) => ({path, name: `${name}/`, reason: CLOSED_FOLDER}))];
  const others = files.filter((_, index) => verdicts[index] === 'other').map(({name}) => name);
  return {
    root,
    images: files.filter((_, index) => verdicts[index] === 'image'),
    broken,
    folders: listing.folders,
    others,
    lostLinks: (exclusion?.kept(listing.refusedLinks) ?? listing.refusedLinks).flatMap(link => lostLink(link, root, prefix)),
    findings: [...brokenFindings(broken), ...leftOut('not-an-image', 'note', others, 'it is not an image'), ...listingFindings(listing)],
  };
}

const LINK_REASONS = {
  outside: 'it is a link that leads outside the folder, and --follow-links was not given',
  nowhere: 'it is a link that leads nowhere',
  again: 'it is a link to a folder that is read already',
};

function lostLink({name, reason, leadsTo}: RefusedLink, root: string, prefix: string): LostLink[] {
  const isImage = isNamedAsImage(name) && leadsTo !== 'folder';
  const isFolder = leadsTo === 'folder' || (reason === 'nowhere' && extname(name) === '');
  if (reason === 'again' || !(isImage || isFolder)) return [];
  return [{path: join(root, name.slice(prefix.length)), name, reason: LINK_REASONS[reason], isFolder}];
}

const brokenFindings = (broken: readonly BrokenFile[]): Finding[] =>
  [...groupBy(broken, ({reason}) => reason)].flatMap(([reason, files]) =>
    reason === CLOSED_FOLDER
      ? leftOut('unreadable-folder', 'warning', namesOf(files), reason)
      : toLeaveOut('unreadable-image', files, reason),
  );

const namesOf = (files: readonly {readonly name: string}[]): string[] => files.map(({name}) => name);

/** Files that are left out now, and had better be on a list of those. */
export const toLeaveOut = (code: string, files: readonly {readonly name: string}[], reason: string): Finding[] =>
  leftOut(code, 'warning', namesOf(files), reason).map(finding => ({...finding, exclude: finding.files}));

/** Other hidden files are a tool's own. */
const mightBeMissed = (name: string): boolean => name.endsWith('/') || isNamedAsImage(name);

function listingFindings({refusedLinks, specials, hidden, outputs}: Listing): Finding[] {
  const refused = (wanted: string): string[] => namesOf(refusedLinks.filter(({reason}) => reason === wanted));
  return [
    ...leftOut('link-outside', 'warning', refused('outside'), LINK_REASONS.outside),
    ...leftOut('link-nowhere', 'warning', refused('nowhere'), LINK_REASONS.nowhere),
    ...leftOut('link-again', 'note', refused('again'), LINK_REASONS.again),
    ...leftOut('not-a-file', 'note', specials, 'it is neither a file nor a folder'),
    ...leftOut('own-output', 'note', outputs, 'finetune wrote it'),
    ...leftOut('hidden', 'note', hidden.filter(mightBeMissed), 'its name begins with a dot'),
  ];
}
