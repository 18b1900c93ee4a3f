import {access, constants, stat} from 'node:fs/promises';
import {extname, join} from 'node:path';
import {defineError, DatasetError} from '../../core/errors.js';
import {toSystemPath} from '../../core/files/file-names.js';
import type {Finding} from '../../core/finding.js';
import {mapConcurrently} from '../../core/async.js';
import type {ExcludeList} from './exclude-list.js';
import {groupBy} from '../../core/group-by.js';
import {
  describeUnreadableFormat,
  detectFileFormat,
  hasImageExtension,
} from '../images/image-format.js';
import {skippedFindings} from './skipped-files.js';
import {
  listFiles,
  type ListedFile,
  type Listing,
  type SkippedLink,
  type BrokenFile,
} from './list-files.js';

/** Files below a folder, classified by their bytes. */
export interface ImageTree {
  /** Absolute path, as given. */
  readonly root: string;
  readonly images: readonly ListedFile[];
  readonly broken: readonly BrokenFile[];
  /** Names of folders, sorted. */
  readonly folders: readonly string[];
  /** Names of files that are not images. */
  readonly otherFiles: readonly string[];
  /** Links that were not followed and may lead to images. */
  readonly skippedLinks: readonly SkippedImageLink[];
  readonly findings: readonly Finding[];
}

/** A link that was not followed, with the reason. */
export interface SkippedImageLink extends BrokenFile {
  /** Whether it may lead to a folder of images, not to a single image. */
  readonly isFolder: boolean;
}

/** Thrown if a folder or list of images does not exist, or is something else. */
export class FolderNotFoundError extends defineError(
  DatasetError,
  'FOLDER_NOT_FOUND',
  (
    {path}: {path: string},
    {
      problem,
      remedy = 'Check the path.',
    }: {
      /** A clause about the path. */
      problem: string;
      remedy?: string;
    },
  ) => `${path} ${problem}. ${remedy}`,
) {}

/** The path as spelled on disk, if the disk uses another Unicode normalization. */
async function resolveSpelling(path: string): Promise<string> {
  for (const spelling of [path, path.normalize('NFC'), path.normalize('NFD')]) {
    const isExisting = await stat(toSystemPath(spelling)).then(
      () => true,
      () => false,
    );
    if (isExisting) return spelling;
  }
  return path;
}

async function assertReadableFolder(path: string): Promise<void> {
  const status = await stat(toSystemPath(path)).catch((error: NodeJS.ErrnoException) => error.code);
  if (typeof status !== 'object')
    throw new FolderNotFoundError(
      {path},
      {problem: status === 'ENOENT' ? 'does not exist' : `cannot be opened (${status})`},
    );
  if (!status.isDirectory())
    throw new FolderNotFoundError({path}, {problem: 'is a file, and no folder of images'});
  await access(toSystemPath(path), constants.R_OK | constants.X_OK).catch(() => {
    throw new FolderNotFoundError(
      {path},
      {problem: 'is a folder without read permission', remedy: 'Allow reading it.'},
    );
  });
}

/** Number of files opened concurrently. Opening waits for the disk, not for the processor. */
export const CONCURRENT_FILES = 32;

const UNREADABLE_FOLDER = 'it is a folder without read permission';

/** `image`, `other` for other files, or the reason why an image file is unreadable. */
type FileKind = 'image' | 'other' | {readonly reason: string};

async function classifyFile({path, name}: ListedFile): Promise<FileKind> {
  const format = await detectFileFormat(path).catch(() => 'closed' as const);
  const reason = format === 'closed' ? 'it cannot be opened' : describeUnreadableFormat(format);
  const isKnownFormat = !['empty', 'unknown', 'closed'].includes(format);
  if (reason === undefined) return 'image';
  return isKnownFormat || hasImageExtension(name) ? {reason} : 'other';
}

/** Progress, cancellation and links of scanning a folder. */
export interface ScanProgressOptions {
  readonly signal?: AbortSignal;
  /** Called with the number of files read, and the number found. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Called with the number of bytes of an archive that are unpacked, and the total. */
  readonly onBytes?: (done: number, total: number) => void;
}

export interface ScanOptions extends ScanProgressOptions {
  /** Also follows links that lead outside the folder. */
  readonly followLinks?: boolean;
}

/**
 * Finds every image below a folder.
 *
 * @param prefix prefix of the names, to distinguish them from those of another tree
 * @param excludeList files to skip
 * @throws FolderNotFoundError, AbortedError
 */
export async function scanFolder(
  path: string,
  prefix: string,
  {signal, onProgress, followLinks}: ScanOptions = {},
  excludeList?: ExcludeList,
): Promise<ImageTree> {
  const root = await resolveSpelling(path);
  await assertReadableFolder(root);
  const listing = await listFiles(root, prefix, {
    ...(signal && {signal}),
    ...(followLinks === true && {followLinks}),
  });
  const files = excludeList?.filter(listing.files) ?? listing.files;
  let done = 0;
  const classifyNext = async (file: ListedFile): Promise<FileKind> => {
    const kind = await classifyFile(file);
    onProgress?.(++done, files.length);
    return kind;
  };
  const kinds = await mapConcurrently(files, CONCURRENT_FILES, classifyNext, signal);
  const brokenFiles = files.flatMap((file, index) => {
    const kind = kinds[index]!;
    return typeof kind === 'string' ? [] : [{...file, ...kind}];
  });
  const broken = [
    ...brokenFiles,
    ...listing.unreadableFolders.map(({path, name}) => ({
      path,
      name: `${name}/`,
      reason: UNREADABLE_FOLDER,
    })),
  ];
  const otherFiles = files.filter((_, index) => kinds[index] === 'other').map(({name}) => name);
  return {
    root,
    images: files.filter((_, index) => kinds[index] === 'image'),
    broken,
    folders: listing.folders,
    otherFiles,
    skippedLinks: (excludeList?.filter(listing.skippedLinks) ?? listing.skippedLinks).flatMap(
      link => toSkippedImageLinks(link, root, prefix),
    ),
    findings: [
      ...brokenFileFindings(broken),
      ...skippedFindings('not-an-image', 'note', otherFiles, 'it is not an image'),
      ...listingFindings(listing),
    ],
  };
}

const LINK_REASONS = {
  external: 'it is a link that leads outside the folder, and --follow-links was not given',
  broken: 'it is a link that leads nowhere',
  duplicate: 'it is a link to a folder that is read already',
};

function toSkippedImageLinks(
  {name, reason, targetKind}: SkippedLink,
  root: string,
  prefix: string,
): SkippedImageLink[] {
  const isImage = hasImageExtension(name) && targetKind !== 'folder';
  const isFolder = targetKind === 'folder' || (reason === 'broken' && extname(name) === '');
  if (reason === 'duplicate' || !(isImage || isFolder)) return [];
  return [
    {path: join(root, name.slice(prefix.length)), name, reason: LINK_REASONS[reason], isFolder},
  ];
}

const brokenFileFindings = (broken: readonly BrokenFile[]): Finding[] =>
  [...groupBy(broken, ({reason}) => reason)].flatMap(([reason, files]) =>
    reason === UNREADABLE_FOLDER
      ? skippedFindings('unreadable-folder', 'warning', fileNames(files), reason)
      : excludableFindings('unreadable-image', files, reason),
  );

const fileNames = (files: readonly {readonly name: string}[]): string[] =>
  files.map(({name}) => name);

/** Findings about skipped files that belong on an exclude list. */
export const excludableFindings = (
  code: string,
  files: readonly {readonly name: string}[],
  reason: string,
): Finding[] =>
  skippedFindings(code, 'warning', fileNames(files), reason).map(finding => ({
    ...finding,
    exclude: finding.files,
  }));

/** Whether a hidden entry is reported: folders and images are, other hidden files belong to tools. */
const isWorthReporting = (name: string): boolean => name.endsWith('/') || hasImageExtension(name);

function listingFindings({skippedLinks, specialFiles, hidden, outputs}: Listing): Finding[] {
  const linksSkippedFor = (linkReason: string): string[] =>
    fileNames(skippedLinks.filter(({reason}) => reason === linkReason));
  return [
    ...skippedFindings(
      'external-symlink',
      'warning',
      linksSkippedFor('external'),
      LINK_REASONS.external,
    ),
    ...skippedFindings('broken-symlink', 'warning', linksSkippedFor('broken'), LINK_REASONS.broken),
    ...skippedFindings(
      'duplicate-symlink',
      'note',
      linksSkippedFor('duplicate'),
      LINK_REASONS.duplicate,
    ),
    ...skippedFindings('special-file', 'note', specialFiles, 'it is neither a file nor a folder'),
    ...skippedFindings('finetune-output', 'note', outputs, 'finetune wrote it'),
    ...skippedFindings(
      'hidden',
      'note',
      hidden.filter(isWorthReporting),
      'its name begins with a dot',
    ),
  ];
}
