import {FormatError} from '../format-error.js';

/** A name that a pickle may use, and what comes of calling it with the arguments found in the file. Never anything that runs code. */
export class PickleGlobal {
  constructor(
    readonly name: string,
    readonly call: (args: readonly unknown[]) => unknown,
  ) {}
}

/** What one kind of file pickles, beyond the numbers, texts, lists, tuples and dictionaries of the language itself. */
export interface PickleDialect {
  /** By `module.name`. */
  readonly globals: ReadonlyMap<string, PickleGlobal>;
  /** What stands for any other name; a pickle that asks for one that nothing stands for is refused. */
  readonly fallback: (name: string) => PickleGlobal | undefined;
  /** What a persistent id stands for. */
  readonly loadPersistent: (id: unknown) => unknown;
}

/** A dialect without names: plain values only. */
export const PLAIN_DIALECT: PickleDialect = {
  globals: new Map(),
  fallback: () => undefined,
  loadPersistent: () => {
    throw new FormatError('a pickle that refers to something outside it');
  },
};
