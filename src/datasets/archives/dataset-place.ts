import {stat} from 'node:fs/promises';
import {extname, resolve} from 'node:path';
import {isAddress, notDownloaded} from '../../core/address.js';
import {DatasetError} from '../../core/errors.js';
import type {Finding} from '../../core/finding.js';
import {whyOf} from '../../core/system-error.js';
import {quoted} from '../../core/shell-word.js';
import {publicAddress} from '../../core/public-address.js';
import {formatFault, formatOfFile} from '../image-format.js';
import {isManifest} from '../manifest-rows.js';
import {leftOut} from '../left-out.js';
import {ArchiveError} from './archive-error.js';
import {archiveKind, isNamedAsArchive} from './archive-kind.js';
import {unpacked} from './unpacked.js';
import type {Unpacking} from './unpack-zip.js';

/** Something given as a data set that is another thing. */
export class NotADatasetError extends DatasetError {
  override readonly code = 'NOT_A_DATASET';

  constructor(
    readonly path: string,
    message: string,
  ) {
    super(message);
  }
}

/** Where the images of a data set lie. */
export interface DatasetPlace {
  /** A folder, a list of images, or what is not there. */
  readonly root: string;
  /** The archive that the folder was unpacked from, absolute. */
  readonly archive?: string;
  readonly findings: readonly Finding[];
}

const WANTED =
  'Give a folder with a folder of images for each class, an archive of one (.zip, .tar, .tar.gz), or a list (.csv, .tsv, .jsonl)';

/** What to do with a file that holds no data set. */
async function notADataset(path: string): Promise<NotADatasetError> {
  const format = await formatOfFile(path);
  if (formatFault(format) === undefined) {
    return new NotADatasetError(path, `${path} is a single image. ${WANTED}; finetune predict classifies single images.`);
  }
  const kind = format === 'empty' ? 'an empty file' : format === 'unknown' ? `a file${named(path)}` : `a file (${format})`;
  return new NotADatasetError(path, `${path} is ${kind}, and no data set. ${WANTED}.`);
}

const named = (path: string): string => (extname(path) === '' ? '' : ` (${extname(path)})`);

function nestedFindings(names: readonly string[]): Finding[] {
  const nested = names.filter(isNamedAsArchive);
  return leftOut('nested-archive', 'warning', nested, 'it is an archive inside the archive; unpack it, and give the folder');
}

/**
 * Opens what was given as a data set: an archive is unpacked, anything else is left as it is.
 *
 * @throws NotADatasetError for an address, or a file that is neither an archive nor a list; ArchiveError, AbortedError
 */
export async function datasetPlace(path: string, unpacking: Unpacking = {}): Promise<DatasetPlace> {
  if (isAddress(path)) throw new NotADatasetError(publicAddress(path), notDownloaded(path, 'a data set'));
  const status = await stat(path).catch(() => undefined);
  if (status?.isFile() !== true || isManifest(path)) return {root: path, findings: []};
  const kind = await archiveKind(path).catch((error: unknown) => {
    throw new ArchiveError(path, `${path} cannot be opened: ${whyOf(error)}. Allow reading it.`, {cause: error});
  });
  if (kind === undefined) throw await notADataset(path);
  if (typeof kind === 'object') {
    throw new ArchiveError(
      path,
      `${path} is compressed with ${kind.name}, which is not supported. Unpack it first (${kind.command} ${quoted(path)}), then give the folder.`,
    );
  }
  const {folder, names} = await unpacked(path, kind, unpacking);
  return {root: folder, archive: resolve(path), findings: nestedFindings(names)};
}
