import {DatasetError} from '../../core/errors.js';

/** An archive that cannot be unpacked, or must not be. */
export class ArchiveError extends DatasetError {
  override readonly code = 'ARCHIVE_UNUSABLE';

  constructor(
    readonly path: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const BY_HAND = 'Unpack it yourself, look at what it holds, and give the folder.';

/** One that holds what no data set needs. @param what follows its name: `has an entry that ...` */
export const strange = (path: string, what: string): ArchiveError => new ArchiveError(path, `${path} ${what}. ${BY_HAND}`);

/** One that ends too early, or contradicts itself. */
export const cutOff = (path: string, cause: unknown): ArchiveError =>
  new ArchiveError(path, `${path} is damaged or cut off. Download or copy it again.`, {cause});
