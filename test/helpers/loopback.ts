import {createServer, type IncomingMessage, type RequestListener, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';

/** A server on a free port of this machine. */
export interface Loopback {
  /** `http://127.0.0.1:41234` */
  readonly url: string;
  /** What was asked for, in order. */
  readonly requests: readonly IncomingMessage[];
  readonly server: Server;
  close(): Promise<void>;
}

const running: Loopback[] = [];

/** Starts a server that lives until `stopServers`. */
export async function serve(answer: RequestListener): Promise<Loopback> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  };
  const started = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    server,
    close,
  };
  running.push(started);
  return started;
}

/** For an `afterEach` hook. */
export async function stopServers(): Promise<void> {
  await Promise.all(running.splice(0).map(server => server.close()));
}
