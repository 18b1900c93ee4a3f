import {defineError, DatasetError} from '../../core/errors.js';

/** Thrown for an archive that cannot be unpacked, or is not safe to unpack. */
export class ArchiveError extends defineError(
  DatasetError,
  'ARCHIVE_UNUSABLE',
  (_details: {path: string}, message: string) => message,
) {}

const MANUAL_REMEDY = 'Unpack it yourself, check its contents, and give the folder.';

/**
 * An error for an archive with content that no dataset needs.
 *
 * @param problem clause that follows the archive's name: `has an entry that ...`
 */
export const unsafeArchiveError = (path: string, problem: string): ArchiveError =>
  new ArchiveError({path}, `${path} ${problem}. ${MANUAL_REMEDY}`);

/** An error for an archive that is truncated or inconsistent. */
export const corruptArchiveError = (path: string, cause: unknown): ArchiveError =>
  new ArchiveError({path, cause}, `${path} is damaged or cut off. Download or copy it again.`);
