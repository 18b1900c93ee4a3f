import {readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';

/** What a compiled module reaches, itself included. */
export interface ModuleGraph {
  /** Modules, and other files that one of them names by a URL, relative to the root. */
  readonly files: readonly string[];
  /** Files that import a package, by the name of the package. */
  readonly packages: ReadonlyMap<string, readonly string[]>;
}

/** How a module names another: `from '...'`, `import '...'`, `import('...')`, `require('...')`, `createRequire(...)('...')`, `new URL('...'`. */
const SPECIFIERS =
  /(?:\bfrom|\bimport|\bimport\(|\brequire\(|\brequire\.resolve\(|\bcreateRequire\(import\.meta\.url\)\(|\bnew URL\()\s*['"]([^'"]+)['"]/g;

/** Removes comments that fill their lines, which hold examples with imports of their own. */
const withoutComments = (text: string): string => text.replaceAll(/^\s*(?:\/?\*|\/\/).*$/gm, '');

/** `@scope/name/file.js` -> `@scope/name` */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** Declarations name compiled modules, and mean the declarations of these. */
function resolveFrom(path: string, specifier: string): string {
  const named = join(dirname(path), specifier);
  return /\.d\.c?ts$/.test(path) ? named.replace(/\.(c?)js$/, '.d.$1ts') : named;
}

/**
 * Follows imports, modules of threads and files that are named by a URL.
 * @param entry path of a compiled module below `root`, or of its declarations
 */
export function moduleGraph(root: string, entry: string): ModuleGraph {
  const files = new Set([entry]);
  const packages = new Map<string, string[]>();
  for (const path of files) {
    if (!/\.(c?js|d\.c?ts)$/.test(path)) continue;
    const text = withoutComments(readFileSync(join(root, path), 'utf8'));
    for (const [, specifier] of text.matchAll(SPECIFIERS)) {
      if (specifier!.startsWith('node:')) continue;
      const name = packageOf(specifier!);
      if (specifier!.startsWith('.')) files.add(resolveFrom(path, specifier!));
      else packages.set(name, [...(packages.get(name) ?? []), path]);
    }
  }
  return {files: [...files].sort(), packages};
}
