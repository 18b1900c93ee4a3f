import {stat} from 'node:fs/promises';
import {extname, resolve} from 'node:path';
import {isUrl, explainUrlNotDownloaded} from '../../core/text/url.js';
import {defineError, DatasetError} from '../../core/errors.js';
import type {Finding} from '../../core/finding.js';
import {describeSystemError} from '../../core/files/system-error.js';
import {shellQuote} from '../../core/text/printable.js';
import {redactUrl} from '../../core/text/redact-url.js';
import {describeUnreadableFormat, detectFileFormat} from '../images/image-format.js';
import {hasManifestExtension} from '../manifest/manifest-table.js';
import {skippedFindings} from '../discovery/skipped-files.js';
import {ArchiveError} from './archive-error.js';
import {detectArchive, hasArchiveExtension} from './archive-kind.js';
import {unpackArchive} from './unpack-archive.js';
import type {UnpackOptions} from './unpack-zip.js';

/** Thrown for a path or URL that is not a dataset. */
export class NotADatasetError extends defineError(
  DatasetError,
  'NOT_A_DATASET',
  (_details: {path: string}, message: string) => message,
) {}

/** Location of the images of a dataset. */
export interface ResolvedDataset {
  /** A folder, a list of images, or a path that does not exist. */
  readonly root: string;
  /** Absolute path of the archive that the folder was unpacked from. */
  readonly archive?: string;
  readonly findings: readonly Finding[];
}

const EXPECTED_INPUT =
  'Give a folder with a folder of images for each class, an archive of one (.zip, .tar, .tar.gz), or a list (.csv, .tsv, .jsonl)';

/** Creates an error with a remedy for a file that is not a dataset. */
async function notADatasetError(path: string): Promise<NotADatasetError> {
  const format = await detectFileFormat(path);
  if (describeUnreadableFormat(format) === undefined) {
    return new NotADatasetError(
      {path},
      `${path} is a single image. ${EXPECTED_INPUT}; finetune predict classifies single images.`,
    );
  }
  const kind =
    format === 'empty'
      ? 'an empty file'
      : format === 'unknown'
        ? `a file${describeExtension(path)}`
        : `a file (${format})`;
  return new NotADatasetError({path}, `${path} is ${kind}, and no data set. ${EXPECTED_INPUT}.`);
}

const describeExtension = (path: string): string =>
  extname(path) === '' ? '' : ` (${extname(path)})`;

function nestedArchiveFindings(names: readonly string[]): Finding[] {
  const nested = names.filter(hasArchiveExtension);
  return skippedFindings(
    'nested-archive',
    'warning',
    nested,
    'it is an archive inside the archive; unpack it, and give the folder',
  );
}

/**
 * Resolves a path to a dataset. Archives are unpacked; all other paths are returned unchanged.
 *
 * @throws NotADatasetError for a URL, or a file that is neither an archive nor a list of images; ArchiveError, AbortedError
 */
export async function resolveDataset(
  path: string,
  options: UnpackOptions = {},
): Promise<ResolvedDataset> {
  if (isUrl(path))
    throw new NotADatasetError(
      {path: redactUrl(path)},
      explainUrlNotDownloaded(path, 'a data set'),
    );
  const status = await stat(path).catch(() => undefined);
  if (status?.isFile() !== true || hasManifestExtension(path)) return {root: path, findings: []};
  const kind = await detectArchive(path).catch((error: unknown) => {
    throw new ArchiveError(
      {path, cause: error},
      `${path} cannot be opened: ${describeSystemError(error)}. Allow reading it.`,
    );
  });
  if (kind === undefined) throw await notADatasetError(path);
  if (typeof kind === 'object') {
    throw new ArchiveError(
      {path},
      `${path} is compressed with ${kind.name}, which is not supported. Unpack it first (${kind.command} ${shellQuote(path)}), then give the folder.`,
    );
  }
  const {folder, names} = await unpackArchive(path, kind, options);
  return {root: folder, archive: resolve(path), findings: nestedArchiveFindings(names)};
}
