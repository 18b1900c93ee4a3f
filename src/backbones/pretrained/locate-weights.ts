import {existsSync, readdirSync, statSync} from 'node:fs';
import {basename, join, resolve} from 'node:path';
import {isOffline} from '../../core/environment-variables.js';
import {defineError, errorMessage, FinetuneError, UsageError} from '../../core/errors.js';
import type {Finding} from '../../core/finding.js';
import {redactUrl, restoreCredentials} from '../../core/text/redact-url.js';
import {
  getPretrained,
  embeddedPath,
  isEmbedded,
  listPretrained as publishedCards,
  findPretrained,
  type PretrainedWeights,
} from './pretrained.js';
import {sha256, sha256File} from '../../core/files/sha256.js';
import {pinPath, readPin, writePin} from './checksum-pin.js';
import {downloadFile, type DownloadOptions} from './download.js';
import {readRunOrigin, resolveCheckpointFile, type RunOrigin} from '../weights/run-origin.js';
import type {Arch} from '../resnet-specs.js';
import {findCachedWeights, weightsDirectory, type CachedWeights} from './weight-caches.js';

export interface LocatedWeights {
  /** A file, or a directory of a tfjs LayersModel. */
  readonly path: string;
  readonly source: 'file' | 'package' | 'cache' | 'torch' | 'huggingface' | 'download';
  /** Absent for files that are not listed in `pretrained/`. */
  readonly pretrained?: PretrainedWeights;
  /** Origin of a checkpoint of this project: the start of its run, and the weights file it began with, unless that was `none`. */
  readonly base?: {readonly runOrigin: RunOrigin; readonly located?: LocatedWeights};
}

export interface LocateOptions extends Omit<DownloadOptions, 'sha256Prefix' | 'pin'> {
  /** Called with files that were skipped because of a wrong checksum. */
  readonly onFinding?: (finding: Finding) => void;
  /** Called with informational messages. */
  readonly onInfo?: (message: string) => void;
  /** Known pretrained weights. Default: the entries of `pretrained/`. */
  readonly catalog?: readonly PretrainedWeights[];
}

/** Whether a file has its expected checksum; reports it otherwise. Files without a known checksum are trusted. */
async function isIntact(
  file: Pick<CachedWeights, 'path' | 'sha256Prefix'>,
  remedy: string,
  {onFinding}: LocateOptions,
): Promise<boolean> {
  const {path, sha256Prefix = ''} = file;
  const actual = sha256Prefix === '' ? '' : await sha256File(path);
  if (actual.startsWith(sha256Prefix)) return true;
  const message = `The sha256 of ${path} begins with ${actual.slice(0, sha256Prefix.length)} instead of ${sha256Prefix}. ${remedy}`;
  onFinding?.({code: 'weights-checksum', severity: 'warning', message, files: [path]});
  return false;
}

/** Keeps the checksum of a file at its first use, if its publisher gives none. */
async function pinFirstUse(
  {name, sha256Prefix}: PretrainedWeights,
  path: string,
  {onInfo}: LocateOptions,
): Promise<void> {
  if (sha256Prefix !== undefined || readPin(path) !== undefined) return;
  const first = `The publisher of ${name} gives no checksum.`;
  try {
    const checksum = await writePin(path);
    onInfo?.(
      `${first} The sha256 of this first file, ${checksum}, is kept in ${pinPath(path)}: later runs accept no other.`,
    );
  } catch (error) {
    onInfo?.(
      `${first} That of this file cannot be kept (${errorMessage(error)}): later runs cannot check it.`,
    );
  }
}

/** The weights that come with this package are missing or damaged. */
export class EmbeddedWeightsError extends defineError(
  FinetuneError,
  'EMBEDDED_WEIGHTS_UNUSABLE',
  ({name, path}: {name: string; path: string}) =>
    `${path}, the weights ${name} that come with finetune, is ${existsSync(path) ? 'damaged' : 'missing'}. Install finetune again, or use --weights FILE or --weights none.`,
) {}

/**
 * Locates the file of a pretrained-weights entry: in this package, in this project's cache, else in those of torch and Hugging Face (read only), else by
 * downloading it.
 * @throws EmbeddedWeightsError if the file should have come with this package
 * @throws WeightsUnavailableError, ChecksumMismatchError, CacheNotWritableError, AbortedError as `downloadFile` does
 */
export async function locatePretrained(
  pretrained: PretrainedWeights,
  options: LocateOptions = {},
): Promise<LocatedWeights> {
  for (const file of findCachedWeights(pretrained, options.environment)) {
    if (!(await isIntact(file, 'It is not used; delete it.', options))) continue;
    if (file.source === 'cache') await pinFirstUse(pretrained, file.path, options);
    return {path: file.path, source: file.source, pretrained};
  }
  const {name, url} = pretrained;
  if (url === undefined) throw new EmbeddedWeightsError({name, path: embeddedPath(pretrained)});
  const path = join(weightsDirectory(options.environment), pretrained.file);
  await downloadFile(url, path, {...options, ...expectedChecksum(pretrained, path)});
  await pinFirstUse(pretrained, path, options);
  return {path, source: 'download', pretrained};
}

/** The checksum that a download must have: the published one, else that of the first download. */
function expectedChecksum(
  {sha256Prefix}: PretrainedWeights,
  path: string,
): Pick<DownloadOptions, 'sha256Prefix' | 'pin'> {
  if (sha256Prefix !== undefined) return {sha256Prefix};
  const pinned = readPin(path);
  return pinned === undefined ? {} : {sha256Prefix: pinned, pin: pinPath(path)};
}

/** Where `locatePretrained` would find the file, without reading or downloading it; for a download, its target path. */
export function findPretrainedSource(
  pretrained: PretrainedWeights,
  environment?: NodeJS.ProcessEnv,
): Pick<LocatedWeights, 'source' | 'path'> {
  const [cached] = findCachedWeights(pretrained, environment);
  if (isEmbedded(pretrained)) return {path: embeddedPath(pretrained), source: 'package'};
  return cached === undefined
    ? {path: join(weightsDirectory(environment), pretrained.file), source: 'download'}
    : {path: cached.path, source: cached.source};
}

/** Locates a file of the user. A file with the name and checksum of a published file gets its entry. */
async function locateFile(
  path: string,
  options: LocateOptions,
  dependentCheckpoints: readonly string[],
): Promise<LocatedWeights> {
  const runOrigin = await readRunOrigin(path);
  if (runOrigin !== undefined) {
    const file = resolve(resolveCheckpointFile(path));
    if (dependentCheckpoints.includes(file)) {
      throw new UsageError(
        `${file} is a checkpoint of a run that began with that very file, which is gone. Give the model of the run.`,
      );
    }
    const {weights, arch} = runOrigin;
    const located =
      weights === 'none'
        ? undefined
        : await locateWeights(weights, arch, options, [...dependentCheckpoints, file]);
    return {path: file, source: 'file', base: {runOrigin, ...(located && {located})}};
  }
  const {catalog = publishedCards()} = options;
  const pretrained = catalog.find(({file}) => file === basename(path));
  if (pretrained === undefined || statSync(path).isDirectory()) return {path, source: 'file'};
  return (await isPublishedFile(path, pretrained, options))
    ? {path, source: 'file', pretrained}
    : {path, source: 'file'};
}

/** Whether a file with the name of a published one is that file; reports it otherwise. A name alone proves nothing. */
async function isPublishedFile(
  path: string,
  {name, sha256Prefix}: PretrainedWeights,
  options: LocateOptions,
): Promise<boolean> {
  if (sha256Prefix !== undefined)
    return isIntact({path, sha256Prefix}, `It is used, but not taken for ${name}.`, options);
  options.onInfo?.(
    `${path} has the name of ${name}, whose publisher gives no checksum. It is read like other files; --weights ${name} preprocesses as its publisher does.`,
  );
  return false;
}

const hashKey = (text: string): string => sha256(text).slice(0, 12);

/**
 * Cache path for a URL. Files of different URLs may share a name, so each URL has its own folder, with one folder per query. If the query
 * is no longer known, as in a resumed run, the file of the only known query is used.
 */
function cachePathForUrl(url: string, environment?: NodeJS.ProcessEnv): string {
  const {pathname, search} = new URL(url);
  const directory = join(weightsDirectory(environment), hashKey(redactUrl(url)));
  const name = pathname.split('/').at(-1) || 'weights';
  if (search !== '') return join(directory, hashKey(search), name);
  const path = join(directory, name);
  if (existsSync(path) || !existsSync(directory)) return path;
  const cachedPaths = readdirSync(directory).map(query => join(directory, query, name));
  const [only, ...others] = cachedPaths.filter(existsSync);
  return only === undefined || others.length > 0 ? path : only;
}

async function locateUrl(url: string, options: LocateOptions): Promise<LocatedWeights> {
  const path = cachePathForUrl(url, options.environment);
  if (existsSync(path)) return {path, source: 'cache'};
  if (/^http:/i.test(url) && !isOffline(options.offline, options.environment)) {
    options.onInfo?.(
      `${redactUrl(url)} is fetched over plain http: others can read and change what is sent. Use https if the server has it.`,
    );
  }
  await downloadFile(url, path, options);
  return {path, source: 'download'};
}

const isFilePath = (requested: string): boolean =>
  /[\\/]|\.(safetensors|pth|pt|th|bin|ckpt|tar|pkl|h5|hdf5|keras|json)$/i.test(requested);

/**
 * Resolves the `weights` option to a file, which is downloaded if necessary.
 * @param requested `auto`, an entry's name in this project's or torchvision's spelling, a URL, or a file path (`none` is handled by the
 * caller)
 * @param dependentCheckpoints checkpoints of runs that began with these weights
 * @throws UsageError if the file or entry does not exist, the entry has another architecture, or a run depends on itself
 * @throws WeightsUnavailableError, ChecksumMismatchError, CacheNotWritableError, AbortedError as `downloadFile` does
 */
export async function locateWeights(
  requested: string,
  arch: Arch,
  options: LocateOptions = {},
  dependentCheckpoints: readonly string[] = [],
): Promise<LocatedWeights> {
  const {catalog = publishedCards()} = options;
  if (/^https?:/i.test(requested)) {
    if (!URL.canParse(requested))
      throw new UsageError(`"${redactUrl(requested)}" (--weights) is not a whole url. Check it.`);
    const pretrained = catalog.find(({url}) => url === requested);
    return pretrained === undefined
      ? locateUrl(restoreCredentials(requested), options)
      : locatePretrained(pretrained, options);
  }
  const isPretrainedName = findPretrained(requested, arch, catalog) !== undefined;
  if (!isPretrainedName && existsSync(requested))
    return locateFile(requested, options, dependentCheckpoints);
  if (!isPretrainedName && isFilePath(requested)) {
    throw new UsageError(
      `${requested} (--weights) does not exist. Check the path, or use --weights auto.`,
    );
  }
  return locatePretrained(getPretrained(requested, arch, catalog), options);
}
