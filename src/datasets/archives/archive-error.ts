import {defineError, DatasetError} from '../../core/errors.js';

/** An archive that cannot be unpacked, or must not be. */
export class ArchiveError extends defineError(
  DatasetError,
  'ARCHIVE_UNUSABLE',
  (_details: {path: string}, message: string) => message,
) {}

const MANUAL_REMEDY = 'Unpack it yourself, check its contents, and give the folder.';

/** One that holds what no data set needs. @param problem follows its name: `has an entry that ...` */
export const unsafeArchiveError = (path: string, problem: string): ArchiveError =>
  new ArchiveError({path}, `${path} ${problem}. ${MANUAL_REMEDY}`);

/** One that ends too early, or contradicts itself. */
export const corruptArchiveError = (path: string, cause: unknown): ArchiveError =>
  new ArchiveError({path, cause}, `${path} is damaged or cut off. Download or copy it again.`);
