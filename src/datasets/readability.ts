import {dirname} from 'node:path';
import {DatasetError, messageOf} from '../core/errors.js';
import type {Finding} from '../core/finding.js';
import {groupBy} from './group-by.js';
import type {Sample} from './image-folder.js';
import {leftOut} from './left-out.js';
import type {ListedFile} from './list-files.js';

/** A file that should be an image and cannot be used as one. */
export interface BrokenFile extends ListedFile {
  /** A clause about the file: `it is empty`. */
  readonly reason: string;
}

/** Share of a class's images that may be broken before a run refuses to go on without them. */
const BROKEN_SHARE_LIMIT = 0.1;

/** So much of a class cannot be read that the rest may not be what its owner believes it is. */
export class BrokenClassError extends DatasetError {
  override readonly code = 'CLASS_BROKEN';

  constructor(
    readonly className: string,
    readonly broken: readonly BrokenFile[],
    readonly total: number,
  ) {
    super(
      `Expected at most ${BROKEN_SHARE_LIMIT * 100} % broken images in class ${className}, but found ${broken.length} of ${total}, ` +
        `such as ${broken[0]!.path} (${broken[0]!.reason}). Repair or remove them.`,
    );
  }
}

/** A class without one image that can be read. */
export class EmptyClassError extends DatasetError {
  override readonly code = 'CLASS_EMPTY';

  constructor(
    readonly className: string,
    readonly folder: string,
    readonly broken: readonly BrokenFile[],
  ) {
    const [first] = broken;
    const found = first === undefined ? 'none' : `none that can be read, such as ${first.path} (${first.reason})`;
    super(`Expected images for class ${className} in ${folder}, but found ${found}. Add images or remove the class.`);
  }
}

/** @throws EmptyClassError, BrokenClassError */
export function assertReadable(className: string, folder: string, readable: number, broken: readonly BrokenFile[]): void {
  if (readable === 0) throw new EmptyClassError(className, folder, broken);
  const total = readable + broken.length;
  if (broken.length / total > BROKEN_SHARE_LIMIT) throw new BrokenClassError(className, broken, total);
}

/** An image that decoding found to be broken. */
export interface BrokenSample {
  readonly sample: Sample;
  readonly reason: string;
}

/** The samples that can be read, and the others with the reason, each in the order given. */
export function sortOut(
  samples: readonly Sample[],
  faultOf: (sample: Sample) => string | undefined,
): {readable: Sample[]; broken: BrokenSample[]} {
  const readable: Sample[] = [];
  const broken: BrokenSample[] = [];
  for (const sample of samples) {
    const reason = faultOf(sample);
    if (reason === undefined) readable.push(sample);
    else broken.push({sample, reason});
  }
  return {readable, broken};
}

/** @throws EmptyClassError, BrokenClassError for the first class that has lost too much */
export function assertClassesReadable(readable: readonly Sample[], broken: readonly BrokenSample[], classNames: readonly string[]): void {
  const kept = groupBy(readable, ({label}) => label);
  for (const [label, lost] of groupBy(broken, ({sample}) => sample.label)) {
    const files = lost.map(({sample, reason}) => ({path: sample.path, name: sample.name, reason}));
    assertReadable(classNames[label]!, dirname(files[0]!.path), kept.get(label)?.length ?? 0, files);
  }
}

/** One finding an image, in the order given. */
export const unreadableFindings = (broken: readonly BrokenSample[], classNames: readonly string[]): Finding[] =>
  broken.flatMap(({sample, reason}) => leftOut('unreadable-image', 'warning', [sample.name], reason, classNames[sample.label]));

/** An error whose message is the reason why an image cannot be read. */
export class ImageFault extends Error {}

/**
 * Why an image could not be read, as a clause. libvips keeps one text for all its threads, so what it says may be about another image:
 * only what sharp, Node and this project say is passed on.
 */
export function decodingFault(error: unknown): string {
  if (error instanceof ImageFault) return error.message;
  if (messageOf(error) === 'Input image exceeds pixel limit') return 'it has more than 268 million pixels';
  const {code} = error as NodeJS.ErrnoException;
  return code === undefined ? 'it is damaged or cut off' : `it cannot be opened (${code})`;
}
