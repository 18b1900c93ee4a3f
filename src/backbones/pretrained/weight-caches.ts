import {existsSync, readdirSync, readFileSync, realpathSync} from 'node:fs';
import {homedir} from 'node:os';
import {basename, join} from 'node:path';
import {cacheDirectory} from '../../core/files/cache-directory.js';
import {readPin} from './checksum-pin.js';
import {embeddedPath, isEmbedded, type PretrainedWeights} from './pretrained.js';

/** A weights file that is already on this machine. */
export interface CachedWeights {
  readonly source: 'package' | 'cache' | 'torch' | 'huggingface';
  readonly path: string;
  /** Required prefix of its sha256; absent if the cache's owner does not provide one. */
  readonly sha256Prefix?: string;
}

type Environment = NodeJS.ProcessEnv;

const homeDirectory = (environment: Environment): string => environment.HOME || homedir();

/** Python's os.path.expanduser, as far as these variables need it. */
const expandHome = (path: string, environment: Environment): string =>
  path.replace(/^~(?=$|\/)/, () => homeDirectory(environment));

/** Default location of Python tools' caches on every platform: XDG_CACHE_HOME or ~/.cache. */
const pythonCacheDirectory = (tool: string, environment: Environment): string =>
  join(environment.XDG_CACHE_HOME || join(homeDirectory(environment), '.cache'), tool);

/** Equals torch.hub.get_dir() + /checkpoints. */
function torchCacheDirectory(environment: Environment): string {
  const root = environment.TORCH_HOME || pythonCacheDirectory('torch', environment);
  return join(expandHome(root, environment), 'hub', 'checkpoints');
}

/** Equals huggingface_hub.constants.HF_HUB_CACHE. */
function huggingFaceCacheDirectory(environment: Environment): string {
  const configured = environment.HF_HUB_CACHE || environment.HUGGINGFACE_HUB_CACHE;
  return expandHome(
    configured ||
      join(environment.HF_HOME || pythonCacheDirectory('huggingface', environment), 'hub'),
    environment,
  );
}

/** Snapshot folders of a repository: the revision of `main` first, then the others. */
function listSnapshots(repository: string): string[] {
  const main = join(repository, 'refs', 'main');
  const revisions = existsSync(join(repository, 'snapshots'))
    ? readdirSync(join(repository, 'snapshots')).sort()
    : [];
  const first = existsSync(main) ? [readFileSync(main, 'utf8').trim()] : [];
  return [...new Set([...first, ...revisions])].map(revision =>
    join(repository, 'snapshots', revision),
  );
}

/** Files of a snapshot. They are links to blobs; large blobs are named by their sha256. */
function huggingFaceFiles(repository: string, environment: Environment): CachedWeights[] {
  const repositoryDirectory = join(
    huggingFaceCacheDirectory(environment),
    `models--${repository.replaceAll('/', '--')}`,
  );
  const paths = listSnapshots(repositoryDirectory).map(snapshot =>
    join(snapshot, 'model.safetensors'),
  );
  return paths.filter(existsSync).map(path => {
    const blob = basename(realpathSync(path));
    return {source: 'huggingface', path, ...(/^[0-9a-f]{64}$/.test(blob) && {sha256Prefix: blob})};
  });
}

/** Folder of this project's downloaded weights. */
export const weightsDirectory = (environment?: Environment): string =>
  join(cacheDirectory(environment), 'weights');

/**
 * Files of these weights on this machine, in order of preference. Their content is not read here. Weights that come with this package are
 * nowhere else. Without a published checksum, only
 * this project's cache counts: in another one, a file of that name may be anything.
 */
export function findCachedWeights(
  pretrained: PretrainedWeights,
  environment: Environment = process.env,
): CachedWeights[] {
  const {file, sha256Prefix, huggingFace} = pretrained;
  if (isEmbedded(pretrained)) {
    const path = embeddedPath(pretrained);
    return existsSync(path) ? [{source: 'package', path, ...(sha256Prefix && {sha256Prefix})}] : [];
  }
  const own = join(weightsDirectory(environment), file);
  const checksum = sha256Prefix ?? readPin(own);
  const candidates: CachedWeights[] = [
    {source: 'cache', path: own, ...(checksum !== undefined && {sha256Prefix: checksum})},
    ...(sha256Prefix === undefined
      ? []
      : [
          {
            source: 'torch',
            path: join(torchCacheDirectory(environment), file),
            sha256Prefix,
          } as const,
        ]),
  ];
  const existing = candidates.filter(({path}) => existsSync(path));
  return huggingFace === undefined
    ? existing
    : [...existing, ...huggingFaceFiles(huggingFace, environment)];
}
