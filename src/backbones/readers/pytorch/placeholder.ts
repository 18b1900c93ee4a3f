import {PickleGlobal} from './pickle-dialect.js';

/**
 * An object that is not needed: a module, a scheduler, a NumPy number. Its class is never loaded, and none of its code runs. Its fields are
 * kept because they may hold tensors.
 */
export class Placeholder extends Map<unknown, unknown> {
  /** @param state fields, or a pair of fields and slots */
  setState(state: unknown): void {
    for (const fields of Array.isArray(state) ? (state as unknown[]) : [state]) {
      if (fields instanceof Map) for (const [key, value] of fields) this.set(key, value);
    }
  }
}

/** Globals that can do more than hold data. Opening such a file in Python runs their code. */
const UNSAFE_GLOBALS =
  /^(?:os|posix|nt|sys|subprocess|_posixsubprocess|builtins|__builtin__|importlib|imp|runpy|socket|shutil|ctypes|_ctypes|pty|commands|code|codeop|pdb|bdb|timeit|profile|cProfile|trace|webbrowser|operator|_operator|types|inspect|marshal|pickle|_pickle|cPickle|cloudpickle|dill|joblib|pip|asyncio|multiprocessing|threading|_thread|signal|tempfile|pathlib2|glob|io|_io|ssl|urllib|http|ftplib|smtplib|requests|aiohttp|pydoc|site|venv|ensurepip|distutils|setuptools|zipimport|pkgutil|atexit|gc|weakref|test|idlelib|lib2to3|platform|nturl2path|cgi|numpy\.testing|torch\.(?:hub|storage|serialization|jit|load|_inductor|_dynamo|utils\.cpp_extension))(?:\.|$)/;

/** Plain types among the builtins. */
const SAFE_BUILTINS =
  /^(?:builtins|__builtin__)\.(?:set|frozenset|slice|range|xrange|complex|bytearray|bytes|dict|list|tuple|int|long|float|str|unicode|bool|object)$/;

const SAFE_TORCH_GLOBALS = /^torch\.(?:storage\._?(?:Untyped|Typed)Storage|jit\._pickle\.\w+)$/;

/** The placeholder of a class or function; undefined for one that runs code. */
export function createPlaceholder(name: string): PickleGlobal | undefined {
  if (UNSAFE_GLOBALS.test(name) && !SAFE_BUILTINS.test(name) && !SAFE_TORCH_GLOBALS.test(name))
    return undefined;
  return new PickleGlobal(name, () => new Placeholder());
}
