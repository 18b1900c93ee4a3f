import type {Classifier} from '../../heads/classifier.js';

/** What the files of one format compute, as their user computes it. */
export interface ExportedNetwork {
  /** @param images 8-bit pixels, RGB, `[n, size, size, 3]` @returns `[n, classes]` */
  probabilities(images: Uint8Array): Float32Array;
  dispose(): void;
}

/** Writes the weights of a classifier in one format, and reads them back for verification. */
export interface Exporter {
  /** @returns the names of the files, in order */
  readonly write: (classifier: Classifier, directory: string) => Promise<string[]>;
  /** @param size height and width of an image */
  readonly read: (directory: string, size: number) => Promise<ExportedNetwork>;
}
