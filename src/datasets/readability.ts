import {DatasetError} from '../core/errors.js';

/** Share of a class's images that may be broken before a run refuses to go on without them. */
export const BROKEN_SHARE_LIMIT = 0.1;

/** A class of which too many images cannot be read: what is left may not be what the person believes it is. */
export class BrokenClassError extends DatasetError {
  override readonly code = 'CLASS_BROKEN';

  constructor(
    readonly className: string,
    readonly broken: number,
    readonly total: number,
    readonly example: {readonly path: string; readonly reason: string},
  ) {
    super(
      `Expected at most ${BROKEN_SHARE_LIMIT * 100} % broken images in class ${className}, but found ${broken} of ${total}, ` +
        `such as ${example.path} (${example.reason}). Repair or remove them.`,
    );
  }
}

/** A class folder without one image that can be read. */
export class EmptyClassError extends DatasetError {
  override readonly code = 'CLASS_EMPTY';

  constructor(
    readonly className: string,
    readonly place: string,
    readonly example?: {readonly path: string; readonly reason: string},
  ) {
    const found = example === undefined ? 'none' : `none that can be read, such as ${example.path} (${example.reason})`;
    super(`Expected images for class ${className} in ${place}, but found ${found}. Add images or take the folder away.`);
  }
}

interface Broken {
  readonly path: string;
  readonly reason: string;
}

/** @throws EmptyClassError, BrokenClassError */
export function assertReadable(className: string, place: string, readable: number, broken: readonly Broken[]): void {
  const total = readable + broken.length;
  if (readable === 0) throw new EmptyClassError(className, place, broken[0]);
  if (broken.length / total > BROKEN_SHARE_LIMIT) throw new BrokenClassError(className, broken.length, total, broken[0]!);
}
