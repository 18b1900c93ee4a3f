import {chmodSync, mkdirSync, readdirSync, statSync, type Stats} from 'node:fs';
import {homedir} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import {defineError, UsageError} from '../errors.js';

/**
 * Where everything that can be fetched or built again is kept: `FINETUNE_CACHE`, else `finetune` in the platform's own place
 * (XDG_CACHE_HOME or ~/.cache, ~/Library/Caches on macOS, %LOCALAPPDATA% on Windows). Not created here.
 */
export function cacheDirectory(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (environment.FINETUNE_CACHE) return resolve(environment.FINETUNE_CACHE);
  if (environment.XDG_CACHE_HOME) return resolve(environment.XDG_CACHE_HOME, 'finetune');
  const home = environment.HOME ?? homedir();
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'finetune');
  if (platform === 'win32')
    return join(environment.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'finetune', 'cache');
  return join(home, '.cache', 'finetune');
}

/** Everything below the cache directory lies in one of these. */
const CACHE_FOLDERS = [
  'archives',
  'engines',
  'features',
  'images',
  'inspections',
  'weights',
] as const;

/** A cache that somebody else could have put something into that is run here. */
export class UntrustedCacheError extends defineError(
  UsageError,
  'CACHE_UNTRUSTED',
  ({path, reason}: {path: string; reason: string}, {remedy}: {remedy: string}) =>
    `${path} ${reason}, and TensorFlow's programs are loaded from there. ${remedy}, or set FINETUNE_CACHE to a folder of your own.`,
) {}

/** Who asks; undefined where the system has no such numbers. */
const currentUserId = (): number | undefined => process.getuid?.();

/** Where every user has a group of his own, it has his number; the group of root is nobody else's. */
const isPrivateGroup = ({gid, uid}: Pick<Stats, 'gid' | 'uid'>): boolean =>
  gid === 0 || gid === uid;

type Ownership = Pick<Stats, 'uid' | 'gid' | 'mode'>;

const isWritableByOthers = (stats: Ownership): boolean =>
  (stats.mode & 0o002) !== 0 || ((stats.mode & 0o020) !== 0 && !isPrivateGroup(stats));

/** Others may make files in a folder like /tmp, but not touch what is somebody else's. */
const isSticky = ({mode}: Ownership): boolean => (mode & 0o1000) !== 0;

/** What keeps a file or folder from being trusted, as ssh does it; undefined where nothing does. */
export function findTrustProblem(
  stats: Ownership,
  userId: number,
): 'owner' | 'writable' | undefined {
  if (stats.uid !== userId && stats.uid !== 0) return 'owner';
  return isWritableByOthers(stats) ? 'writable' : undefined;
}

/**
 * @param cache the cache directory, which may be a folder like /tmp
 * @param paths in it, of what is run
 * @throws UntrustedCacheError for the first that belongs to somebody else, or that others may write to
 */
export function assertTrusted(cache: string, paths: readonly string[]): void {
  const userId = currentUserId();
  if (userId === undefined) return;
  for (const path of [cache, ...paths]) {
    const stats = statSync(path, {throwIfNoEntry: false});
    const reason =
      stats === undefined || (path === cache && isSticky(stats))
        ? undefined
        : findTrustProblem(stats, userId);
    if (reason === 'owner')
      throw new UntrustedCacheError(
        {path, reason: `belongs to another user (${stats!.uid})`},
        {remedy: `Make it yours (chown -R ${userId} ${cache})`},
      );
    if (reason === 'writable') {
      const mode = (stats!.mode & 0o777).toString(8);
      throw new UntrustedCacheError(
        {path, reason: `may be written to by others (mode ${mode})`},
        {remedy: `If nobody has, close it (chmod -R go-w ${cache})`},
      );
    }
  }
}

/**
 * Makes a folder, and those above it, for this user alone. Node's own way to do so tries for ever where the system says that a folder which
 * is there is not, as Linux does in /proc.
 * @throws Error of Node's
 */
export function makePrivate(path: string): void {
  if (statSync(path, {throwIfNoEntry: false})?.isDirectory()) return;
  if (dirname(path) !== path) makePrivate(dirname(path));
  try {
    mkdirSync(path, {mode: 0o700});
  } catch (error) {
    // Another process may have been as fast.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !statSync(path).isDirectory())
      throw error;
  }
}

/** A folder of one's own becomes closed to others; one that is shared on purpose stays so. */
function restrictAccess(path: string): void {
  const stats = statSync(path);
  if (stats.uid === currentUserId() && !isWritableByOthers(stats) && (stats.mode & 0o077) !== 0)
    chmodSync(path, 0o700);
}

/** Whether nothing else lies in the cache directory: it may be somebody's own choice. */
const isDedicated = (cache: string, {FINETUNE_CACHE}: NodeJS.ProcessEnv): boolean =>
  !FINETUNE_CACHE ||
  readdirSync(cache).every(name => (CACHE_FOLDERS as readonly string[]).includes(name));

/**
 * Makes a folder of the cache, for this user alone: there are decoded images, features of them, and programs in it. What is there already and
 * was open to be read is closed; but not a FINETUNE_CACHE that also holds something else.
 * @returns its path; where it cannot be made, whoever writes into it says so
 */
export function ensureCacheFolder(
  folder: (typeof CACHE_FOLDERS)[number],
  environment: NodeJS.ProcessEnv = process.env,
): string {
  const cache = cacheDirectory(environment);
  const path = join(cache, folder);
  try {
    makePrivate(path);
    restrictAccess(path);
    if (isDedicated(cache, environment)) restrictAccess(cache);
  } catch {
    return path;
  }
  return path;
}
