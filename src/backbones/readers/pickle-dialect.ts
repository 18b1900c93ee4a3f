import {Malformed} from './malformed.js';

/** A name that a pickle may use, and what comes of calling it with the arguments found in the file. Never anything that runs code. */
export class Global {
  constructor(
    readonly name: string,
    readonly call: (args: readonly unknown[]) => unknown,
  ) {}
}

/** What one kind of file pickles, beyond the numbers, texts, lists, tuples and dictionaries of the language itself. */
export interface PickleDialect {
  /** By `module.name`. */
  readonly globals: ReadonlyMap<string, Global>;
  /** What stands for any other name; a pickle that asks for one that nothing stands for is refused. */
  readonly otherwise: (name: string) => Global | undefined;
  /** What a persistent id stands for. */
  readonly persistent: (id: unknown) => unknown;
}

/** A dialect without names: plain values only. */
export const PLAIN: PickleDialect = {
  globals: new Map(),
  otherwise: () => undefined,
  persistent: () => {
    throw new Malformed('a pickle that refers to something outside it');
  },
};
