import type {Classifier} from '../../heads/classifier.js';

/** Network that is computed from the files of one format, in the way a user of that format computes it. */
export interface ExportedNetwork {
  /** @param images 8-bit RGB pixels, `[n, size, size, 3]` @returns `[n, classes]` */
  probabilities(images: Uint8Array): Float32Array;
  dispose(): void;
}

/** Writes the weights of a classifier in one format, and reads them back for verification. */
export interface Exporter {
  /** @returns the names of the written files, in order */
  readonly write: (classifier: Classifier, directory: string) => Promise<string[]>;
  /** @param size height and width of an image in pixels */
  readonly read: (directory: string, size: number) => Promise<ExportedNetwork>;
}
