import {setTimeout as sleep} from 'node:timers/promises';
import {isOffline} from '../../core/environment-variables.js';
import {defineError, FinetuneError, throwIfAborted} from '../../core/errors.js';
import {sha256File} from '../../core/files/sha256.js';
import {
  parseAddress,
  fetchInto,
  isTransient,
  isUnreachable,
  describeNetworkError,
  withProxyAgent,
  type DownloadAddress,
  type FetchOptions,
  type ByteProgressCallback,
} from './fetch-into.js';
import {PartialFile} from './partial-file.js';

interface UnavailableWeights {
  readonly url: string;
  /** Path that the file would have. */
  readonly target: string;
  readonly reason: string;
  /** Whether there is no network: the run is offline, or the server cannot be reached. */
  readonly isNetworkMissing: boolean;
}

/** The file cannot be downloaded. The message says where to put it by hand. */
export class WeightsUnavailableError extends defineError(
  FinetuneError,
  'WEIGHTS_UNAVAILABLE',
  ({url, target, reason}: UnavailableWeights) =>
    `Weights cannot be downloaded from ${url}: ${reason}. Put the file at ${target} by hand, or use --weights FILE, --weights none, or --arch resnet18 --weights embedded, which is less accurate and needs no network.`,
) {}

interface ChecksumMismatch {
  readonly url: string;
  readonly expected: string;
  readonly actual: string;
  /** File with the expected checksum, if its publisher gives none. */
  readonly pin?: string;
}

/** A complete download with another checksum than expected. It is deleted. */
export class ChecksumMismatchError extends defineError(
  FinetuneError,
  'WEIGHTS_CHECKSUM_MISMATCH',
  ({url, expected, actual, pin}: ChecksumMismatch) => {
    const mismatch = `The sha256 of ${url} begins with ${actual.slice(0, expected.length)} instead of ${expected}`;
    return pin === undefined
      ? `${mismatch}. The file was discarded. Try again, or from another network: something on the way changes it.`
      : `${mismatch}, which it had at its first download. The file was discarded. If its publisher has replaced it, delete ${pin} and try again.`;
  },
) {}

export interface DownloadProgress {
  /** Bytes downloaded, including those of earlier calls. */
  readonly bytes: number;
  /** Size of the whole file in bytes, if the server reports it. */
  readonly total?: number;
  /** Seconds since this call began. */
  readonly seconds: number;
}

export interface DownloadOptions extends FetchOptions {
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Required prefix of the sha256, lower-case hex. Default: any file is accepted. */
  readonly sha256Prefix?: string;
  /** File that the checksum was read from, if it was not published. */
  readonly pin?: string;
  /** Whether to throw instead of using the network. Default: `FINETUNE_OFFLINE`, else false. */
  readonly offline?: boolean;
  /** Milliseconds before the first retry, doubled before each further one. Default: 1000. */
  readonly retryDelay?: number;
}

/** Number of consecutive failures without a single byte that end a download. */
const MAX_ATTEMPTS = 4;

/** Retries until the file is complete. An attempt that received bytes resets the count of failures. */
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
  const {sha256Prefix = '', pin} = options;
  const resumed = (await partialFile.size()) > 0;
  await fetchWithRetries(address, partialFile, onBytes, options);
  const actual = await sha256File(partialFile.bytes);
  if (actual.startsWith(sha256Prefix)) return;
  await partialFile.restart({url: address.publicUrl});
  if (!resumed)
    throw new ChecksumMismatchError({
      url: address.publicUrl,
      expected: sha256Prefix,
      actual,
      ...(pin !== undefined && {pin}),
    });
  // Bytes of an earlier run may have caused the mismatch.
  return fetchVerified(address, partialFile, onBytes, options);
}

/**
 * Downloads a file. It gets its name only when it is complete and its checksum is right. Resumes from the `<target>.part` of an earlier
 * call. User name, password and query of the URL are sent, but neither stored nor reported. Proxies come from HTTPS_PROXY, HTTP_PROXY and
 * NO_PROXY.
 * @throws WeightsUnavailableError if offline, or the server is not reachable or does not have the file
 * @throws ChecksumMismatchError if it is another file
 * @throws CacheNotWritableError if the disk is full or the folder is not writable
 * @throws AbortedError if `signal` is aborted
 */
export async function downloadFile(
  url: string,
  target: string,
  options: DownloadOptions = {},
): Promise<void> {
  const address = parseAddress(url);
  if (isOffline(options.offline, options.environment))
    throw new WeightsUnavailableError({
      url: address.publicUrl,
      target,
      reason: 'this run is offline',
      isNetworkMissing: true,
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
      isNetworkMissing: isUnreachable(error),
      cause: error,
    });
  }
}
