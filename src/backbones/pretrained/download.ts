import {setTimeout as sleep} from 'node:timers/promises';
import {defineError, FinetuneError, throwIfAborted} from '../../core/errors.js';
import {sha256File} from '../../core/files/sha256.js';
import {
  parseAddress,
  fetchInto,
  isTransient,
  describeNetworkError,
  withProxyAgent,
  type DownloadAddress,
  type FetchOptions,
  type ByteProgressCallback,
} from './fetch-into.js';
import {PartialFile} from './partial-file.js';

/** The file cannot be fetched, for whatever reason; the sentence says where to put it by hand. */
export class WeightsUnavailableError extends defineError(
  FinetuneError,
  'WEIGHTS_UNAVAILABLE',
  ({url, target, reason}: {url: string; target: string; reason: string}) =>
    `Weights cannot be downloaded from ${url}: ${reason}. Put the file at ${target} by hand, or use --weights FILE or --weights none.`,
) {}

/** A complete download that is not the file that was published. It is discarded. */
export class ChecksumMismatchError extends defineError(
  FinetuneError,
  'WEIGHTS_CHECKSUM_MISMATCH',
  ({url, expected, actual}: {url: string; expected: string; actual: string}) =>
    `The sha256 of ${url} begins with ${actual.slice(0, expected.length)} instead of ${expected}. The file was discarded. Try again, or from another network: something on the way changes it.`,
) {}

export interface DownloadProgress {
  /** Bytes there, those of earlier calls included. */
  readonly bytes: number;
  /** Bytes of the whole file, where the server says. */
  readonly total?: number;
  /** Since this call began. */
  readonly seconds: number;
}

export interface DownloadOptions extends FetchOptions {
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** What the sha256 must begin with, lower-case hex. Without it the file is taken as it comes. */
  readonly sha256Prefix?: string;
  /** Throw instead of using the network. */
  readonly offline?: boolean;
  /** Milliseconds before the first retry, twice as long before each next; default: 1000. */
  readonly retryDelay?: number;
}

/** Failures in a row, without a byte in between, that end a download. */
const MAX_ATTEMPTS = 4;

/** Tries until all bytes are there; a try that got some of them makes up for those that failed before. */
async function fetchWithRetries(
  address: DownloadAddress,
  partialFile: PartialFile,
  onBytes: ByteProgressCallback,
  options: DownloadOptions,
): Promise<void> {
  const {retryDelay = 1000, signal} = options;
  await withProxyAgent(options.environment, async agent => {
    for (let failures = 0, size = await partialFile.size(); ;) {
      try {
        return await fetchInto(partialFile, address, agent, onBytes, options);
      } catch (error) {
        const previousSize = size;
        size = await partialFile.size();
        failures = size > previousSize ? 1 : failures + 1;
        if (!isTransient(error) || failures === MAX_ATTEMPTS) throw error;
        await sleep(retryDelay * 2 ** (failures - 1), undefined, {signal});
      }
    }
  });
}

async function fetchVerified(
  address: DownloadAddress,
  partialFile: PartialFile,
  onBytes: ByteProgressCallback,
  options: DownloadOptions,
): Promise<void> {
  const {sha256Prefix = ''} = options;
  const resumed = (await partialFile.size()) > 0;
  await fetchWithRetries(address, partialFile, onBytes, options);
  const actual = await sha256File(partialFile.bytes);
  if (actual.startsWith(sha256Prefix)) return;
  await partialFile.restart({url: address.publicUrl});
  if (!resumed)
    throw new ChecksumMismatchError({url: address.publicUrl, expected: sha256Prefix, actual});
  // What an earlier run left may have been at fault.
  return fetchVerified(address, partialFile, onBytes, options);
}

/**
 * Fetches a file and gives it its name only when it is complete and its checksum right. Resumes what an earlier call left in
 * `<target>.part`. User name, password and query of the address are sent, and neither stored nor reported. Proxies are taken from HTTPS_PROXY, HTTP_PROXY and NO_PROXY.
 * @throws WeightsUnavailableError when offline, or the server cannot be reached or does not have it
 * @throws ChecksumMismatchError when it is another file
 * @throws CacheNotWritableError when the disk is full, or the folder not writable
 * @throws AbortedError when `signal` is aborted
 */
export async function downloadFile(
  url: string,
  target: string,
  options: DownloadOptions = {},
): Promise<void> {
  const address = parseAddress(url);
  if (options.offline)
    throw new WeightsUnavailableError({
      url: address.publicUrl,
      target,
      reason: 'this run is offline',
    });
  const started = performance.now();
  const onBytes: ByteProgressCallback = (bytes, total) =>
    options.onProgress?.({
      bytes,
      ...(total !== undefined && {total}),
      seconds: (performance.now() - started) / 1000,
    });
  const partialFile = await PartialFile.claim(target);
  try {
    await fetchVerified(address, partialFile, onBytes, options);
    await partialFile.complete();
  } catch (error) {
    await partialFile.release();
    throwIfAborted(options.signal);
    if (error instanceof FinetuneError) throw error;
    throw new WeightsUnavailableError({
      url: address.publicUrl,
      target,
      reason: describeNetworkError(error),
      cause: error,
    });
  }
}
