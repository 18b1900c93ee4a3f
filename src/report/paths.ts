import {basename, isAbsolute, relative} from 'node:path';

/** A path without private folders: relative if it is below the working directory, otherwise only its last segment. */
export function publicPath(path: string): string {
  const isWindows = /^[A-Z]:\\/i.test(path);
  if (!isAbsolute(path) && !isWindows) return path;
  const below = relative(process.cwd(), path);
  if (isAbsolute(path) && below !== '' && !below.startsWith('..') && !isAbsolute(below))
    return below;
  return basename(isWindows ? path.replaceAll('\\', '/') : path) || path; // on other systems, names may contain a backslash
}

/** Matches an absolute path with at least one folder, at the start of a text or after a delimiter. */
const PATHS =
  /(?<=^|[\s"'`=(,\[:])(?:\/|[A-Za-z]:\\)[^\s"'`()\[\],/\\]+(?:[/\\][^\s"'`()\[\],]*)+/g;

/** Shortens every absolute path in a text. Reports are shared, and must not disclose the author's folders. */
export const redactPaths = (text: string): string =>
  text.replace(PATHS, path => {
    const [, whole, end] = /^(.*?)([.;:]*)$/s.exec(path)!;
    return publicPath(whole!) + end!;
  });
