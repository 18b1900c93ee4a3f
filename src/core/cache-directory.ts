import {homedir} from 'node:os';
import {join} from 'node:path';

/**
 * Where everything that can be fetched or built again is kept: `FINETUNE_CACHE`, else `finetune` in the platform's own place
 * (XDG_CACHE_HOME or ~/.cache, ~/Library/Caches on macOS, %LOCALAPPDATA% on Windows). Not created here.
 */
export function cacheDirectory(environment: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string {
  if (environment.FINETUNE_CACHE) return environment.FINETUNE_CACHE;
  if (environment.XDG_CACHE_HOME) return join(environment.XDG_CACHE_HOME, 'finetune');
  const home = environment.HOME ?? homedir();
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'finetune');
  if (platform === 'win32') return join(environment.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'finetune', 'cache');
  return join(home, '.cache', 'finetune');
}
