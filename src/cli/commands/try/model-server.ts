import {createReadStream} from 'node:fs';
import {stat} from 'node:fs/promises';
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {pipeline} from 'node:stream/promises';
import {defineError, UsageError} from '../../../core/errors.js';
import {WEB_DIRECTORY} from '../../../export/record/file-names.js';
import {findServedFile, mediaTypeOf} from './served-files.js';

/** The page is for this machine: nothing else can connect. */
const HOST = '127.0.0.1';

/** A port that was asked for cannot be used. */
export class PortError extends defineError(
  UsageError,
  'PORT_UNAVAILABLE',
  ({port}: {port: number}, {reason}: {reason: string}) =>
    `Port ${port} of ${HOST} ${reason}. Give another --port, or leave it out for any free one.`,
) {}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use by another program',
  EACCES: 'is reserved for the system',
};

const SECURITY_HEADERS = {
  // The page of a model from elsewhere cannot send images away.
  'content-security-policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; worker-src blob:; connect-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/** Names of this machine. A page elsewhere whose name is made to lead here sends another one. */
const LOCAL_HOST = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/i;

const fail = (response: ServerResponse, status: number, text: string, headers = {}): void =>
  void response
    .writeHead(status, {'content-type': 'text/plain; charset=utf-8', ...headers})
    .end(`${text}\n`);

async function answer(
  directory: string,
  {method = 'GET', url = '/', headers}: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!LOCAL_HOST.test(headers.host ?? '')) return fail(response, 403, 'This is a local page.');
  if (method !== 'GET' && method !== 'HEAD')
    return fail(response, 405, 'Only GET and HEAD.', {allow: 'GET, HEAD'});
  if (url === '/' || url === `/${WEB_DIRECTORY}`)
    return fail(response, 302, `The page is /${WEB_DIRECTORY}/.`, {location: `/${WEB_DIRECTORY}/`});
  const path = await findServedFile(directory, url);
  if (path === undefined) return fail(response, 404, 'There is no such file.');
  response.writeHead(200, {
    ...SECURITY_HEADERS,
    'content-type': mediaTypeOf(path),
    'content-length': (await stat(path)).size,
    'cache-control': 'no-cache',
  });
  if (method === 'HEAD') response.end();
  else await pipeline(createReadStream(path), response);
}

/** A server of one model. */
export interface ModelServer {
  /** Address of the page: `http://127.0.0.1:41234/web/` */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', ({code = '', message}: NodeJS.ErrnoException) =>
      reject(new PortError({port}, {reason: REASONS[code] ?? `cannot be used: ${message}`})),
    );
    server.listen(port, HOST, resolve);
  });

/**
 * Serves an exported model or an ensemble with its web page, to this machine only.
 * @param port 0 for any free one
 * @throws PortError (exit 2)
 */
export async function serveModel(directory: string, port: number): Promise<ModelServer> {
  const server = createServer((request, response) => {
    // A browser that stops a download is no failure.
    answer(directory, request, response).catch(() => response.destroy());
  });
  await listen(server, port);
  const {port: usedPort} = server.address() as AddressInfo;
  return {
    url: `http://${HOST}:${usedPort}/${WEB_DIRECTORY}/`,
    port: usedPort,
    close: async () => {
      const closed = new Promise(resolve => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
