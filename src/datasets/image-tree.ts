import {stat} from 'node:fs/promises';
import {DatasetError} from '../core/errors.js';
import type {Finding} from '../core/finding.js';
import {concurrently} from './concurrently.js';
import {groupBy} from './group-by.js';
import {formatOfFile, isNamedAsImage, isReadable} from './image-format.js';
import type {ImageFormat} from './image-format.js';
import {listFiles} from './list-files.js';
import type {ListedFile, Listing} from './list-files.js';

/** A file that promised an image by its name, or is one of a kind that cannot be read here. */
export interface BrokenFile extends ListedFile {
  readonly reason: string;
}

/** What lies below a folder, sorted into images and the rest by the files' bytes. */
export interface ImageTree {
  readonly root: string;
  readonly images: readonly ListedFile[];
  readonly broken: readonly BrokenFile[];
  readonly folders: readonly string[];
  readonly findings: readonly Finding[];
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

async function assertFolder(path: string): Promise<void> {
  const status = await stat(path).catch((error: NodeJS.ErrnoException) => error);
  if (status instanceof Error) throw new FolderNotFoundError(path, status.code === 'ENOENT' ? 'nothing' : `an error (${status.code})`);
  if (!status.isDirectory()) throw new FolderNotFoundError(path, 'a file');
}

const HEADS_AT_ONCE = 32;

type Kind = ImageFormat | 'empty' | 'unknown' | 'closed';

const kindOf = ({path}: ListedFile): Promise<Kind> => formatOfFile(path).catch(() => 'closed' as const);

/** Why a file that should be an image is none, or undefined where nobody expected one. */
function reasonOf(kind: Kind, name: string): string | undefined {
  if (kind === 'closed') return 'it cannot be opened';
  if (kind === 'empty' || kind === 'unknown')
    return isNamedAsImage(name) ? (kind === 'empty' ? 'it is empty' : 'its bytes are not an image') : undefined;
  return `${kind} is not read here`;
}

/** Finds every image below a folder. @throws FolderNotFoundError, AbortedError */
export async function readImageTree(root: string, signal?: AbortSignal): Promise<ImageTree> {
  await assertFolder(root);
  const listing = await listFiles(root, signal);
  const kinds = await concurrently(listing.files, HEADS_AT_ONCE, kindOf, signal);
  const images: ListedFile[] = [];
  const broken: BrokenFile[] = [];
  const others: string[] = [];
  listing.files.forEach((file, index) => {
    const kind = kinds[index]!;
    const reason = reasonOf(kind, file.name);
    if (kind !== 'closed' && kind !== 'empty' && kind !== 'unknown' && isReadable(kind)) images.push(file);
    else if (reason !== undefined) broken.push({...file, reason});
    else others.push(file.name);
  });
  return {root, images, broken, folders: listing.folders, findings: treeFindings(listing, broken, others)};
}

const count = (n: number, singular: string, plural = `${singular}s`): string => `${n} ${n === 1 ? singular : plural}`;

/** One finding for a group of files, or none for an empty group. */
function group(code: string, severity: Finding['severity'], files: readonly string[], say: (files: string) => string): Finding[] {
  if (files.length === 0) return [];
  return [{code, severity, files, message: `${say(count(files.length, 'file'))} First: ${files[0]}`}];
}

function treeFindings(listing: Listing, broken: readonly BrokenFile[], others: readonly string[]): Finding[] {
  const refused = (reason: string): string[] => listing.refusedLinks.filter(link => link.reason === reason).map(({name}) => name);
  const byReason = groupBy(broken, file => file.reason);
  return [
    ...[...byReason].flatMap(([reason, files]) =>
      group(
        'unreadable-image',
        'warning',
        files.map(({name}) => name),
        n => `${n} left out: ${reason}.`,
      ),
    ),
    ...group('not-an-image', 'note', [...others, ...listing.specials], n => `${n} left out: not an image.`),
    ...group('link-outside', 'warning', refused('outside'), n => `${n} left out: a link that leads outside the folder.`),
    ...group('link-nowhere', 'warning', refused('nowhere'), n => `${n} left out: a link that leads nowhere.`),
    ...group('link-again', 'note', refused('again'), n => `${n} left out: a link to a folder that is already read.`),
  ];
}
