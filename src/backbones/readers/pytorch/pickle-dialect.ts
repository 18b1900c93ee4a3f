import {FormatError} from '../format-error.js';

/** A global that a pickle may use, and the result of calling it with arguments from the file. It never runs code from the file. */
export class PickleGlobal {
  constructor(
    readonly name: string,
    readonly call: (args: readonly unknown[]) => unknown,
  ) {}
}

/** Globals and references of one kind of file, in addition to pickle's numbers, texts, lists, tuples and dictionaries. */
export interface PickleDialect {
  /** Allowed globals by `module.name`. */
  readonly globals: ReadonlyMap<string, PickleGlobal>;
  /** Replacement for any other global. A pickle that uses a global without one is rejected. */
  readonly fallback: (name: string) => PickleGlobal | undefined;
  /** Resolves a persistent ID. */
  readonly loadPersistent: (id: unknown) => unknown;
}

/** A dialect without globals: plain values only. */
export const PLAIN_DIALECT: PickleDialect = {
  globals: new Map(),
  fallback: () => undefined,
  loadPersistent: () => {
    throw new FormatError('a pickle that refers to something outside it');
  },
};
