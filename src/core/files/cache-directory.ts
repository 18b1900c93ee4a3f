import {chmodSync, mkdirSync, readdirSync, statSync, type Stats} from 'node:fs';
import {homedir} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import {defineError, UsageError} from '../errors.js';

/**
 * Directory of everything that can be downloaded or built again: `FINETUNE_CACHE`, else `finetune` in the platform's cache folder
 * (XDG_CACHE_HOME or ~/.cache, ~/Library/Caches on macOS, %LOCALAPPDATA% on Windows). It is not created here.
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

/** The top-level folders of the cache directory. */
const CACHE_FOLDERS = [
  'archives',
  'engines',
  'features',
  'images',
  'inspections',
  'weights',
] as const;

/** Another user could have changed code in the cache that this process loads. */
export class UntrustedCacheError extends defineError(
  UsageError,
  'CACHE_UNTRUSTED',
  ({path, reason}: {path: string; reason: string}, {remedy}: {remedy: string}) =>
    `${path} ${reason}, and TensorFlow's programs are loaded from there. ${remedy}, or set FINETUNE_CACHE to a folder of your own.`,
) {}

/** User ID of this process, or undefined if the system has none. */
const currentUserId = (): number | undefined => process.getuid?.();

/** Whether a group has a single member: systems with a group per user give it the user's ID, and root's group has no other members. */
const isPrivateGroup = ({gid, uid}: Pick<Stats, 'gid' | 'uid'>): boolean =>
  gid === 0 || gid === uid;

type Ownership = Pick<Stats, 'uid' | 'gid' | 'mode'>;

const isWritableByOthers = (stats: Ownership): boolean =>
  (stats.mode & 0o002) !== 0 || ((stats.mode & 0o020) !== 0 && !isPrivateGroup(stats));

/** In a sticky folder such as /tmp, users can create files but not change those of other users. */
const isSticky = ({mode}: Ownership): boolean => (mode & 0o1000) !== 0;

/** Why a file or folder is not trusted, by the rules of ssh; undefined if it is trusted. */
export function findTrustProblem(
  stats: Ownership,
  userId: number,
): 'owner' | 'writable' | undefined {
  if (stats.uid !== userId && stats.uid !== 0) return 'owner';
  return isWritableByOthers(stats) ? 'writable' : undefined;
}

/**
 * Checks that only this user or root can change code in the cache.
 * @param cache the cache directory, which may be a folder like /tmp
 * @param paths files and folders in it that are loaded
 * @throws UntrustedCacheError for the first one that another user owns or can write to
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
 * Creates a folder and its missing parents for this user alone. Node's recursive mkdir never returns if the system claims that an existing
 * folder is missing, as Linux does in /proc.
 * @throws Error from Node
 */
export function makePrivate(path: string): void {
  if (statSync(path, {throwIfNoEntry: false})?.isDirectory()) return;
  if (dirname(path) !== path) makePrivate(dirname(path));
  try {
    mkdirSync(path, {mode: 0o700});
  } catch (error) {
    // Another process may have created it first.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !statSync(path).isDirectory())
      throw error;
  }
}

/** Makes a folder of this user private. A folder that is shared on purpose (writable by others) stays shared. */
function restrictAccess(path: string): void {
  const stats = statSync(path);
  if (stats.uid === currentUserId() && !isWritableByOthers(stats) && (stats.mode & 0o077) !== 0)
    chmodSync(path, 0o700);
}

/** Whether the cache directory holds nothing else. FINETUNE_CACHE may be a folder that the user also uses for other files. */
const isDedicated = (cache: string, {FINETUNE_CACHE}: NodeJS.ProcessEnv): boolean =>
  !FINETUNE_CACHE ||
  readdirSync(cache).every(name => (CACHE_FOLDERS as readonly string[]).includes(name));

/**
 * Creates a folder of the cache for this user alone, because it holds decoded images, their features, and programs. An existing folder that
 * others can read becomes private, except a FINETUNE_CACHE that also holds other files.
 * @returns its path, even if it cannot be created: the later write reports the error
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
