import {createHash} from 'node:crypto';
import {existsSync, statSync} from 'node:fs';
import {basename, join} from 'node:path';
import {UsageError} from '../core/errors.js';
import type {Finding} from '../core/finding.js';
import {cardFor, cards as publishedCards, findCard, type WeightsCard} from './cards.js';
import {sha256Of} from '../core/checksum.js';
import {download, type DownloadOptions} from './download.js';
import type {Arch} from './resnet-specs.js';
import {cachedFiles, weightsDirectory, type CachedFile} from './weight-caches.js';

export interface LocatedWeights {
  /** A file, or a directory of a tfjs LayersModel. */
  readonly path: string;
  readonly from: 'file' | 'cache' | 'torch' | 'huggingface' | 'download';
  /** Absent for files that nobody has described. */
  readonly card?: WeightsCard;
}

export interface LocateOptions extends Omit<DownloadOptions, 'sha256Prefix'> {
  /** Hears of files that were passed over because their checksum is wrong. */
  readonly onFinding?: (finding: Finding) => void;
  /** The cards to know; those of `pretrained/` unless told. */
  readonly cards?: readonly WeightsCard[];
}

/** Whether a file is what it claims to be; says so where it is not. Files without a known checksum are trusted. */
async function isIntact(file: Pick<CachedFile, 'path' | 'sha256Prefix'>, remedy: string, {onFinding}: LocateOptions): Promise<boolean> {
  const {path, sha256Prefix = ''} = file;
  const found = sha256Prefix === '' ? '' : await sha256Of(path);
  if (found.startsWith(sha256Prefix)) return true;
  const message = `Expected the sha256 of ${path} to begin with ${sha256Prefix}, but found ${found.slice(0, sha256Prefix.length)}. ${remedy}`;
  onFinding?.({code: 'weights-checksum', severity: 'warning', message, files: [path]});
  return false;
}

/**
 * The file of a card: from the project's own cache, else from those of torch and Hugging Face, which are only read, else downloaded.
 * @throws WeightsUnavailableError, ChecksumError, CacheUnwritableError, AbortedError as `download` does
 */
export async function locateCard(card: WeightsCard, options: LocateOptions = {}): Promise<LocatedWeights> {
  for (const file of cachedFiles(card, options.environment)) {
    if (await isIntact(file, 'It is not used; delete it.', options)) return {path: file.path, from: file.from, card};
  }
  const path = join(weightsDirectory(options.environment), card.file);
  await download(card.url, path, {...options, sha256Prefix: card.sha256Prefix});
  return {path, from: 'download', card};
}

/** Where `locateCard` would take the file from, without reading or fetching it; for a download, where it would be put. */
export function whereFrom(card: WeightsCard, environment?: NodeJS.ProcessEnv): Pick<LocatedWeights, 'path' | 'from'> {
  const [here] = cachedFiles(card, environment);
  return here === undefined ? {path: join(weightsDirectory(environment), card.file), from: 'download'} : {path: here.path, from: here.from};
}

/** A file of one's own. One that is named like a published file, and is it, gets its card. */
async function locateFile(path: string, options: LocateOptions): Promise<LocatedWeights> {
  const {cards = publishedCards()} = options;
  const card = cards.find(({file}) => file === basename(path));
  if (card === undefined || statSync(path).isDirectory()) return {path, from: 'file'};
  const {sha256Prefix} = card;
  const intact = await isIntact({path, sha256Prefix}, `It is used, but not taken for ${card.name}.`, options);
  return intact ? {path, from: 'file', card} : {path, from: 'file'};
}

/** Two urls may end in the same name, so each has a folder of its own. */
async function locateUrl(url: string, options: LocateOptions): Promise<LocatedWeights> {
  const key = createHash('sha256').update(url).digest('hex').slice(0, 12);
  const name = new URL(url).pathname.split('/').at(-1) || 'weights';
  const path = join(weightsDirectory(options.environment), key, name);
  if (existsSync(path)) return {path, from: 'cache'};
  await download(url, path, options);
  return {path, from: 'download'};
}

const looksLikeFile = (wish: string): boolean => /[\\/]|\.(safetensors|pth|pt|th|bin|h5|hdf5|keras|json)$/i.test(wish);

/**
 * Finds the file that a wish stands for; fetches it where it must.
 * @param wish `auto`, a card's name in our spelling or torchvision's, a url, or the path of a file (`none` is not for here)
 * @throws UsageError when there is no such file or card, or the card is of another depth
 * @throws WeightsUnavailableError, ChecksumError, CacheUnwritableError, AbortedError as `download` does
 */
export async function locateWeights(wish: string, arch: Arch, options: LocateOptions = {}): Promise<LocatedWeights> {
  const {cards = publishedCards()} = options;
  if (/^https?:/i.test(wish)) {
    if (!URL.canParse(wish)) throw new UsageError(`Expected a whole url for --weights, but found "${wish}". Check it.`);
    const card = cards.find(({url}) => url === wish);
    return card === undefined ? locateUrl(wish, options) : locateCard(card, options);
  }
  const named = findCard(wish, arch, cards) !== undefined;
  if (!named && existsSync(wish)) return locateFile(wish, options);
  if (!named && looksLikeFile(wish)) {
    throw new UsageError(
      `Expected a weights file at ${wish} for --weights, but found nothing there. Check the path, or say --weights auto.`,
    );
  }
  return locateCard(cardFor(wish, arch, cards), options);
}
