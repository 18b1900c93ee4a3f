import {basename, isAbsolute, relative} from 'node:path';

/** A path as strangers may read it: relative where it lies below the working directory, else its last part. */
export function publicPath(path: string): string {
  const isWindows = /^[A-Z]:\\/i.test(path);
  if (!isAbsolute(path) && !isWindows) return path;
  const below = relative(process.cwd(), path);
  if (isAbsolute(path) && below !== '' && !below.startsWith('..') && !isAbsolute(below))
    return below;
  return basename(isWindows ? path.replaceAll('\\', '/') : path) || path; // elsewhere a name may have a backslash
}

/** An absolute path with a folder at least, at the start of a text or after what may stand before one. */
const PATHS =
  /(?<=^|[\s"'`=(,\[:])(?:\/|[A-Za-z]:\\)[^\s"'`()\[\],/\\]+(?:[/\\][^\s"'`()\[\],]*)+/g;

/** A text in which every absolute path is shown so: a report is passed on, and says nothing of the folders of whom it comes from. */
export const redactPaths = (text: string): string =>
  text.replace(PATHS, path => {
    const [, whole, end] = /^(.*?)([.;:]*)$/s.exec(path)!;
    return publicPath(whole!) + end!;
  });
