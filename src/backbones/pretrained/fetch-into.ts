import {STATUS_CODES, type IncomingHttpHeaders} from 'node:http';
import {EnvHttpProxyAgent, interceptors, request, type Dispatcher} from 'undici';
import {redactUrl} from '../../core/text/redact-url.js';
import type {PartialFile} from './partial-file.js';

export interface FetchOptions {
  readonly signal?: AbortSignal;
  /** Environment with HTTPS_PROXY, HTTP_PROXY and NO_PROXY. Default: `process.env`. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Milliseconds without a byte after which a connection counts as dead. Default: 30000. */
  readonly stallTimeout?: number;
}

/** A URL to request, split into its parts. */
export interface DownloadAddress {
  /** URL without user name and password. */
  readonly url: string;
  /** URL that is safe to show and store. */
  readonly publicUrl: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Decodes percent escapes. Invalid escapes are kept. */
const decodePercent = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, escaped =>
    Buffer.from(escaped.replaceAll('%', ''), 'hex').toString(),
  );

/** @param address URL; a user name and password in it are sent as HTTP basic authentication (RFC 7617) */
export function parseAddress(address: string): DownloadAddress {
  const url = new URL(address);
  const {username, password} = url;
  const credentials = Buffer.from(`${decodePercent(username)}:${decodePercent(password)}`).toString(
    'base64',
  );
  url.username = url.password = '';
  const headers = username === '' && password === '' ? {} : {authorization: `Basic ${credentials}`};
  return {url: url.href, publicUrl: redactUrl(address), headers};
}

/** @param bytes bytes downloaded, including those of earlier attempts; @param total size of the whole file, if the server reports it */
export type ByteProgressCallback = (bytes: number, total?: number) => void;

/** A response without the file. */
class HttpStatusError extends Error {
  constructor(readonly status: number) {
    super(`the server answered ${status} ${STATUS_CODES[status] ?? ''}`.trim());
  }
}

/**
 * The server has another file now, or returned a wrong range, so the partial file is useless. It is already discarded; the next request
 * gets the whole file.
 */
class RestartDownloadError extends Error {}

const UNREACHABLE_CODES = [
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
];
const TIMEOUT_CODES = ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'];
const CONNECTION_LOST_CODES = [
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
];

const codeOf = (error: unknown): string => String((error as {code?: unknown}).code ?? '');

/** Whether the same request may succeed if repeated. */
export function isTransient(error: unknown): boolean {
  if (error instanceof HttpStatusError)
    return error.status >= 500 || error.status === 408 || error.status === 429;
  return (
    error instanceof RestartDownloadError ||
    [...TIMEOUT_CODES, ...CONNECTION_LOST_CODES].includes(codeOf(error))
  );
}

/** Whether no server was reached, so that there is no network, or none that leads there. */
export const isUnreachable = (error: unknown): boolean => UNREACHABLE_CODES.includes(codeOf(error));

/** Describes an error for the middle of a sentence: `the server answered 404 Not Found`. */
export function describeNetworkError(error: unknown): string {
  const code = codeOf(error);
  if (error instanceof HttpStatusError) return error.message;
  if (isUnreachable(error)) return `the server cannot be reached (${code})`;
  if (TIMEOUT_CODES.includes(code)) return 'the server fell silent';
  return `the connection failed (${error instanceof Error ? error.message : String(error)})`;
}

/** A proxy's URL. `proxy:3128` is accepted, as in curl. */
const toProxyUrl = (proxy: string): string =>
  proxy === '' || proxy.includes('://') ? proxy : `http://${proxy}`;

/** Calls `use` with an agent that uses the environment's proxies and follows redirects, then closes its connections. */
export async function withProxyAgent<T>(
  environment: NodeJS.ProcessEnv = process.env,
  use: (agent: Dispatcher) => Promise<T>,
): Promise<T> {
  const proxyVariable = (name: string): string =>
    environment[name.toLowerCase()] ?? environment[name] ?? '';
  const agent = new EnvHttpProxyAgent({
    httpProxy: toProxyUrl(proxyVariable('HTTP_PROXY')),
    httpsProxy: toProxyUrl(proxyVariable('HTTPS_PROXY')),
    noProxy: proxyVariable('NO_PROXY'),
    // Absolute-form requests for http:// URLs: few proxies allow a tunnel to port 80. https:// is tunneled in any case.
    proxyTunnel: false,
  });
  try {
    return await use(agent.compose(interceptors.redirect({maxRedirections: 5})));
  } finally {
    await agent.destroy();
  }
}

const firstValue = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

/** A validator for If-Range, which never accepts a weak ETag (RFC 9110, 13.1.5). */
function cacheValidator(headers: IncomingHttpHeaders): string | undefined {
  const etag = firstValue(headers.etag);
  return etag !== undefined && !etag.startsWith('W/') ? etag : firstValue(headers['last-modified']);
}

/** Headers that request the rest of the file if it is certain to be the same file, else the whole file. */
async function rangeHeaders(
  partialFile: PartialFile,
  {publicUrl, headers}: DownloadAddress,
): Promise<Record<string, string>> {
  const [size, origin] = [await partialFile.size(), await partialFile.origin()];
  if (size === 0 || origin?.url !== publicUrl || origin.validator === undefined) return headers;
  return {...headers, range: `bytes=${size}-`, 'if-range': origin.validator};
}

/**
 * Prepares the partial file for the body of a response. Returns the size of the complete file, if known.
 * @param url URL that is safe to store
 */
async function preparePartialFile(
  partialFile: PartialFile,
  url: string,
  {statusCode, headers}: Dispatcher.ResponseData,
): Promise<number | undefined> {
  const validator = cacheValidator(headers);
  const origin = {url, ...(validator !== undefined && {validator})};
  if (statusCode === 200) {
    await partialFile.restart(origin);
    const length = firstValue(headers['content-length']);
    return length === undefined ? undefined : Number(length);
  }
  if (statusCode !== 206 && statusCode !== 416) throw new HttpStatusError(statusCode);
  const [, from, total] =
    /^bytes (\d+)-\d+\/(\d+)$/.exec(firstValue(headers['content-range']) ?? '') ?? [];
  if (
    Number(from) === (await partialFile.size()) &&
    validator === (await partialFile.origin())?.validator
  )
    return Number(total);
  await partialFile.restart({url});
  throw new RestartDownloadError('the server changed the file');
}

/** Sends one request and appends its body to the partial file. After a failure, the received bytes stay there. */
export async function fetchInto(
  partialFile: PartialFile,
  address: DownloadAddress,
  agent: Dispatcher,
  onBytes: ByteProgressCallback,
  options: FetchOptions,
): Promise<void> {
  const {signal = null, stallTimeout = 30_000} = options;
  const timeouts = {headersTimeout: stallTimeout, bodyTimeout: stallTimeout};
  const response = await request(address.url, {
    dispatcher: agent,
    signal,
    headers: await rangeHeaders(partialFile, address),
    ...timeouts,
  });
  let total: number | undefined;
  try {
    total = await preparePartialFile(partialFile, address.publicUrl, response);
  } catch (error) {
    response.body.on('error', () => {}).destroy();
    throw error;
  }
  let bytes = await partialFile.size();
  await partialFile.append(response.body, written => onBytes((bytes += written), total));
}
