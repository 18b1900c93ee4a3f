import {createHash} from 'node:crypto';
import {existsSync, readdirSync, statSync} from 'node:fs';
import {basename, join, resolve} from 'node:path';
import {UsageError} from '../core/errors.js';
import type {Finding} from '../core/finding.js';
import {publicAddress, unsealed} from '../core/public-address.js';
import {cardFor, cards as publishedCards, findCard, type WeightsCard} from './cards.js';
import {sha256Of} from '../core/checksum.js';
import {download, type DownloadOptions} from './download.js';
import {beginningOf, checkpointFile, type Beginning} from './own-checkpoint.js';
import type {Arch} from './resnet-specs.js';
import {cachedFiles, weightsDirectory, type CachedFile} from './weight-caches.js';

export interface LocatedWeights {
  /** A file, or a directory of a tfjs LayersModel. */
  readonly path: string;
  readonly from: 'file' | 'cache' | 'torch' | 'huggingface' | 'download';
  /** Absent for files that nobody has described. */
  readonly card?: WeightsCard;
  /** Of a checkpoint of this project: what its run began with, and the file of that, unless it was `none`. */
  readonly base?: {readonly beginning: Beginning; readonly located?: LocatedWeights};
}

export interface LocateOptions extends Omit<DownloadOptions, 'sha256Prefix'> {
  /** Hears of files that were passed over because their checksum is wrong. */
  readonly onFinding?: (finding: Finding) => void;
  /** Hears of what is worth a sentence. */
  readonly onNotice?: (message: string) => void;
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
async function locateFile(path: string, options: LocateOptions, later: readonly string[]): Promise<LocatedWeights> {
  const beginning = await beginningOf(path);
  if (beginning !== undefined) {
    const file = resolve(checkpointFile(path));
    if (later.includes(file)) {
      throw new UsageError(`${file} is a checkpoint of a run that began with that very file, which is gone. Give the model of the run.`);
    }
    const {weights, arch} = beginning;
    const located = weights === 'none' ? undefined : await locateWeights(weights, arch, options, [...later, file]);
    return {path: file, from: 'file', base: {beginning, ...(located && {located})}};
  }
  const {cards = publishedCards()} = options;
  const card = cards.find(({file}) => file === basename(path));
  if (card === undefined || statSync(path).isDirectory()) return {path, from: 'file'};
  const {sha256Prefix} = card;
  const intact = await isIntact({path, sha256Prefix}, `It is used, but not taken for ${card.name}.`, options);
  return intact ? {path, from: 'file', card} : {path, from: 'file'};
}

const keyOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

/**
 * Where the file of an address is kept. Two may end in the same name, so each has a folder of its own, and in it one for each query. Where
 * the query of an address is not known any more, as in a run that is resumed, it is the file of the only one that was asked for.
 */
function placeOf(url: string, environment?: NodeJS.ProcessEnv): string {
  const {pathname, search} = new URL(url);
  const folder = join(weightsDirectory(environment), keyOf(publicAddress(url)));
  const name = pathname.split('/').at(-1) || 'weights';
  if (search !== '') return join(folder, keyOf(search), name);
  const path = join(folder, name);
  if (existsSync(path) || !existsSync(folder)) return path;
  const asked = readdirSync(folder).map(query => join(folder, query, name));
  const [only, ...others] = asked.filter(existsSync);
  return only === undefined || others.length > 0 ? path : only;
}

async function locateUrl(url: string, options: LocateOptions): Promise<LocatedWeights> {
  const path = placeOf(url, options.environment);
  if (existsSync(path)) return {path, from: 'cache'};
  if (/^http:/i.test(url) && options.offline !== true) {
    options.onNotice?.(
      `${publicAddress(url)} is fetched over plain http: others can read and change what is sent. Use https if the server has it.`,
    );
  }
  await download(url, path, options);
  return {path, from: 'download'};
}

const looksLikeFile = (wish: string): boolean => /[\\/]|\.(safetensors|pth|pt|th|bin|ckpt|tar|pkl|h5|hdf5|keras|json)$/i.test(wish);

/**
 * Finds the file that a wish stands for; fetches it where it must.
 * @param wish `auto`, a card's name in our spelling or torchvision's, a url, or the path of a file (`none` is not for here)
 * @param later checkpoints of runs that began with these weights
 * @throws UsageError when there is no such file or card, or the card is of another depth, or a run began with itself
 * @throws WeightsUnavailableError, ChecksumError, CacheUnwritableError, AbortedError as `download` does
 */
export async function locateWeights(
  wish: string,
  arch: Arch,
  options: LocateOptions = {},
  later: readonly string[] = [],
): Promise<LocatedWeights> {
  const {cards = publishedCards()} = options;
  if (/^https?:/i.test(wish)) {
    if (!URL.canParse(wish)) throw new UsageError(`Expected a whole url for --weights, but found "${publicAddress(wish)}". Check it.`);
    const card = cards.find(({url}) => url === wish);
    return card === undefined ? locateUrl(unsealed(wish), options) : locateCard(card, options);
  }
  const named = findCard(wish, arch, cards) !== undefined;
  if (!named && existsSync(wish)) return locateFile(wish, options, later);
  if (!named && looksLikeFile(wish)) {
    throw new UsageError(
      `Expected a weights file at ${wish} for --weights, but found nothing there. Check the path, or say --weights auto.`,
    );
  }
  return locateCard(cardFor(wish, arch, cards), options);
}
