import type {ListedFile} from './list-files.js';

/** A file that should be an image and cannot be used as one. */
export interface BrokenFile extends ListedFile {
  /** A clause about the file: `it is empty`. */
  readonly reason: string;
}
