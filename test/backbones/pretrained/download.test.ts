import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import type {IncomingMessage, RequestListener, ServerResponse} from 'node:http';
import {join} from 'node:path';
import {expect} from 'chai';
import {
  ChecksumMismatchError,
  downloadFile,
  WeightsUnavailableError,
  type DownloadOptions,
  type DownloadProgress,
} from '../../../src/backbones/pretrained/download.js';
import {CacheNotWritableError} from '../../../src/backbones/pretrained/partial-file.js';
import {AbortedError} from '../../../src/core/errors.js';
import {createRng} from '../../../src/core/rng.js';
import {serve, stopServers} from '../../helpers/loopback.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const stream = createRng('download');
const WEIGHTS = Buffer.from(Array.from({length: 300_000}, () => stream.integer(256)));
const SHA256 = createHash('sha256').update(WEIGHTS).digest('hex');
const HALF = 150_000;

/** Nothing of the machine's own proxies, and no waiting. */
const QUICK: DownloadOptions = {environment: {}, retryDelay: 1, sha256Prefix: SHA256.slice(0, 8)};

/** The offset a request asks for, 0 for the whole. */
const offsetOf = (request: IncomingMessage): number =>
  Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);

/** Answers as a good server does: Range, If-Range and ETag understood. */
function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  content = WEIGHTS,
  etag = '"one"',
): void {
  const from = request.headers['if-range'] === etag ? offsetOf(request) : 0;
  const range =
    from === 0 ? {} : {'content-range': `bytes ${from}-${content.length - 1}/${content.length}`};
  response.writeHead(from === 0 ? 200 : 206, {
    etag,
    'content-length': content.length - from,
    ...range,
  });
  response.end(content.subarray(from));
}

/** Sends a part of what it announced, then does as told. */
function sendHalf(response: ServerResponse, then: () => void, etag = '"one"'): void {
  response.writeHead(200, {etag, 'content-length': WEIGHTS.length});
  response.write(WEIGHTS.subarray(0, HALF), then);
}

/** The first answer, then the others, the last again and again. */
function inTurn(...answers: RequestListener[]): RequestListener {
  let turn = 0;
  return (request, response) => answers[Math.min(turn++, answers.length - 1)]!(request, response);
}

const cut: RequestListener = (_, response) =>
  sendHalf(response, () => setTimeout(() => response.destroy(), 20));
const status =
  (code: number): RequestListener =>
  (_, response) =>
    response.writeHead(code).end('no');

const rejection = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => expect.fail('nothing was thrown'),
    (error: Error) => error,
  );

describe('download', () => {
  let folder: string;
  let target: string;

  beforeEach(() => {
    folder = join(temporaryDirectory(), 'weights');
    target = join(folder, 'net.pth');
  });
  afterEach(stopServers);

  const expectOnlyTheFile = (): void => {
    expect(readdirSync(folder)).to.deep.equal(['net.pth']);
    expect(readFileSync(target).equals(WEIGHTS)).to.equal(true);
  };

  it('writes the file, telling bytes, total and seconds', async () => {
    const {url} = await serve((request, response) => sendFile(request, response));
    const reported: DownloadProgress[] = [];
    await downloadFile(`${url}/net.pth`, target, {
      ...QUICK,
      onProgress: progress => reported.push(progress),
    });
    expectOnlyTheFile();
    expect(reported.map(({bytes}) => bytes)).to.deep.equal(
      reported.map(({bytes}) => bytes).sort((a, b) => a - b),
    );
    expect(reported.at(-1)).to.include({bytes: WEIGHTS.length, total: WEIGHTS.length});
    expect(reported.at(-1)!.seconds).to.be.within(0, 30);
  });

  it('takes a file of unknown length', async () => {
    const {url} = await serve((_, response) => response.writeHead(200).end(WEIGHTS));
    const reported: DownloadProgress[] = [];
    await downloadFile(`${url}/net.pth`, target, {
      ...QUICK,
      onProgress: progress => reported.push(progress),
    });
    expectOnlyTheFile();
    expect(reported.at(-1)).to.not.have.property('total');
  });

  it('follows redirections', async () => {
    const {url} = await serve((request, response) =>
      request.url === '/old.pth'
        ? response.writeHead(302, {location: '/net.pth'}).end()
        : sendFile(request, response),
    );
    await downloadFile(`${url}/old.pth`, target, QUICK);
    expectOnlyTheFile();
  });

  describe('when the connection is cut', () => {
    it('continues where it was, and asks for the same file', async () => {
      const {url, requests} = await serve(
        inTurn(cut, (request, response) => sendFile(request, response)),
      );
      await downloadFile(`${url}/net.pth`, target, QUICK);
      expectOnlyTheFile();
      expect(requests).to.have.length(2);
      expect(requests[1]!.headers).to.include({range: `bytes=${HALF}-`, 'if-range': '"one"'});
    });

    it('starts over where the server ignores ranges', async () => {
      const {url, requests} = await serve(
        inTurn(cut, (_, response) => response.writeHead(200, {etag: '"one"'}).end(WEIGHTS)),
      );
      await downloadFile(`${url}/net.pth`, target, QUICK);
      expectOnlyTheFile();
      expect(requests[1]!.headers.range).to.equal(`bytes=${HALF}-`);
    });

    it('starts over where the file has changed', async () => {
      const other = (_: IncomingMessage, response: ServerResponse): void =>
        sendHalf(response, () => response.destroy(), '"zero"');
      const {url, requests} = await serve(
        inTurn(other, (request, response) => sendFile(request, response)),
      );
      await downloadFile(`${url}/net.pth`, target, QUICK);
      expectOnlyTheFile();
      expect(requests[1]!.headers['if-range']).to.equal('"zero"');
    });

    it('does not join two files where the server sends the rest of another one', async () => {
      const wrongRest: RequestListener = (_, response) => {
        const range = `bytes ${HALF}-${WEIGHTS.length - 1}/${WEIGHTS.length}`;
        response
          .writeHead(206, {etag: '"two"', 'content-range': range})
          .end(Buffer.alloc(WEIGHTS.length - HALF));
      };
      const {url, requests} = await serve(
        inTurn(cut, wrongRest, (request, response) => sendFile(request, response)),
      );
      await downloadFile(`${url}/net.pth`, target, {environment: {}, retryDelay: 1});
      expectOnlyTheFile();
      expect(requests[2]!.headers.range).to.equal(undefined);
    });

    it('starts over where the server cannot be asked for the same file', async () => {
      const anonymous: RequestListener = (_, response) => {
        response.writeHead(200, {etag: 'W/"weak"', 'content-length': WEIGHTS.length});
        response.write(WEIGHTS.subarray(0, HALF), () => setTimeout(() => response.destroy(), 20));
      };
      const {url, requests} = await serve(
        inTurn(anonymous, (request, response) => sendFile(request, response)),
      );
      await downloadFile(`${url}/net.pth`, target, QUICK);
      expectOnlyTheFile();
      expect(requests[1]!.headers.range).to.equal(undefined);
    });

    it('starts over where the server finds the range beyond its end', async () => {
      const {url} = await serve(
        inTurn(cut, status(416), (request, response) => sendFile(request, response)),
      );
      await downloadFile(`${url}/net.pth`, target, QUICK);
      expectOnlyTheFile();
    });
  });

  it('stops on a signal, and continues from there in the next call', async () => {
    const {url, requests} = await serve(
      inTurn(
        (_, response) => sendHalf(response, () => {}),
        (request, response) => sendFile(request, response),
      ),
    );
    const stop = new AbortController();
    const stopped = downloadFile(`${url}/net.pth`, target, {
      ...QUICK,
      signal: stop.signal,
      onProgress: ({bytes}) => bytes === HALF && stop.abort(),
    });
    const error = await rejection(stopped);
    expect(error).to.be.instanceOf(AbortedError).with.property('message', 'The run was stopped.');
    expect(readdirSync(folder)).to.deep.equal(['net.pth.part']);
    await downloadFile(`${url}/net.pth`, target, QUICK);
    expectOnlyTheFile();
    expect(requests[1]!.headers.range).to.equal(`bytes=${HALF}-`);
  });

  describe('what an earlier process left', () => {
    const leave = (name: string, url: string, bytes: Buffer, ageInSeconds: number): void => {
      mkdirSync(join(folder, name), {recursive: true});
      writeFileSync(
        join(folder, name, 'origin.json'),
        JSON.stringify({url: `${url}/net.pth`, validator: '"one"'}),
      );
      writeFileSync(join(folder, name, 'bytes'), bytes);
      const then = Date.now() / 1000 - ageInSeconds;
      utimesSync(join(folder, name, 'bytes'), then, then);
    };

    it('is taken over when it was killed', async () => {
      const {url, requests} = await serve((request, response) => sendFile(request, response));
      leave('net.pth.part-0badcafe', url, WEIGHTS.subarray(0, HALF), 3600);
      await downloadFile(`${url}/net.pth`, target, QUICK);
      expectOnlyTheFile();
      expect(requests[0]!.headers.range).to.equal(`bytes=${HALF}-`);
    });

    it('is left alone while that process still writes', async () => {
      const {url, requests} = await serve((request, response) => sendFile(request, response));
      leave('net.pth.part-0badcafe', url, WEIGHTS.subarray(0, HALF), 1);
      await downloadFile(`${url}/net.pth`, target, QUICK);
      expect(requests[0]!.headers.range).to.equal(undefined);
      expect(readdirSync(folder).sort()).to.deep.equal(['net.pth', 'net.pth.part-0badcafe']);
    });

    it('is fetched again when it turns out to be broken', async () => {
      const {url, requests} = await serve((request, response) => sendFile(request, response));
      leave('net.pth.part', url, Buffer.alloc(HALF), 1);
      await downloadFile(`${url}/net.pth`, target, QUICK);
      expectOnlyTheFile();
      expect(requests).to.have.length(2);
    });

    it('is not joined with a file from elsewhere', async () => {
      const {url, requests} = await serve((request, response) => sendFile(request, response));
      leave('net.pth.part', 'http://elsewhere.invalid', Buffer.alloc(HALF), 1);
      await downloadFile(`${url}/net.pth`, target, QUICK);
      expectOnlyTheFile();
      expect(requests[0]!.headers.range).to.equal(undefined);
    });
  });

  it('lets two downloads of one file run side by side', async () => {
    const {url} = await serve((_, response) => {
      sendHalf(response, () => setTimeout(() => response.end(WEIGHTS.subarray(HALF)), 30));
    });
    await Promise.all([
      downloadFile(`${url}/net.pth`, target, QUICK),
      downloadFile(`${url}/net.pth`, target, QUICK),
    ]);
    expectOnlyTheFile();
  });

  it('discards a file with another checksum', async () => {
    const {url} = await serve((request, response) => sendFile(request, response));
    const error = await rejection(
      downloadFile(`${url}/net.pth`, target, {...QUICK, sha256Prefix: '00000000'}),
    );
    expect(error)
      .to.be.instanceOf(ChecksumMismatchError)
      .with.property('code', 'WEIGHTS_CHECKSUM_MISMATCH');
    expect(error.message).to.equal(
      `The sha256 of ${url}/net.pth begins with ${SHA256.slice(0, 8)} instead of 00000000. The file was discarded. ` +
        'Try again, or from another network: something on the way changes it.',
    );
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  describe('when the file cannot be had', () => {
    const expectUnavailable = async (
      url: string,
      reason: string,
      options: DownloadOptions = QUICK,
    ): Promise<void> => {
      const error = await rejection(downloadFile(url, target, options));
      expect(error)
        .to.be.instanceOf(WeightsUnavailableError)
        .and.to.include({code: 'WEIGHTS_UNAVAILABLE', exitCode: 1, url, target, reason});
      expect(error.message).to.equal(
        `Weights cannot be downloaded from ${url}: ${reason}. Put the file at ${target} by hand, or use --weights FILE, --weights none, or --arch resnet18 --weights embedded, which is less accurate and needs no network.`,
      );
    };

    it('says so at once when the server does not have it', async () => {
      const {url, requests} = await serve(status(404));
      await expectUnavailable(`${url}/net.pth`, 'the server answered 404 Not Found');
      expect(requests).to.have.length(1);
      expect(readdirSync(folder)).to.deep.equal([]);
    });

    it('asks again when the server is in trouble for a moment', async () => {
      const {url, requests} = await serve(
        inTurn(status(500), status(503), (request, response) => sendFile(request, response)),
      );
      await downloadFile(`${url}/net.pth`, target, QUICK);
      expectOnlyTheFile();
      expect(requests).to.have.length(3);
    });

    it('gives up after four failures in a row', async () => {
      const {url, requests} = await serve(status(503));
      await expectUnavailable(`${url}/net.pth`, 'the server answered 503 Service Unavailable');
      expect(requests).to.have.length(4);
    });

    it('gives up on a server that falls silent, and keeps what it sent', async () => {
      const {url, requests} = await serve((_, response) => sendHalf(response, () => {}));
      await expectUnavailable(`${url}/net.pth`, 'the server fell silent', {
        ...QUICK,
        stallTimeout: 100,
      });
      expect(requests.length).to.be.greaterThan(3);
      expect(readdirSync(folder)).to.deep.equal(['net.pth.part']);
    });

    it('says that no server listens', async () => {
      const gone = await serve(status(200));
      await gone.close();
      await expectUnavailable(`${gone.url}/net.pth`, 'the server cannot be reached (ECONNREFUSED)');
    });

    it('does not even try when offline', async () => {
      const {url, requests} = await serve((request, response) => sendFile(request, response));
      await expectUnavailable(`${url}/net.pth`, 'this run is offline', {...QUICK, offline: true});
      expect(requests).to.have.length(0);
      expect(existsSync(folder)).to.equal(false);
    });

    it('says what the proxy said', async () => {
      const proxy = await serve(status(200));
      proxy.server.on('connect', (_, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
      const environment = {HTTPS_PROXY: proxy.url};
      const reason = 'the connection failed (Proxy response (403) !== 200 when HTTP Tunneling)';
      await expectUnavailable('https://weights.invalid/net.pth', reason, {...QUICK, environment});
    });
  });

  describe('behind a proxy', () => {
    it('asks HTTP_PROXY for http urls', async () => {
      const proxy = await serve((request, response) => sendFile(request, response));
      const environment = {HTTP_PROXY: proxy.url.slice('http://'.length)};
      await downloadFile('http://weights.invalid/net.pth', target, {...QUICK, environment});
      expectOnlyTheFile();
      expect(proxy.requests.map(({url}) => url)).to.deep.equal(['http://weights.invalid/net.pth']);
    });

    it('asks HTTPS_PROXY for a tunnel for https urls', async () => {
      const proxy = await serve(status(200));
      const tunnel = once(proxy.server, 'connect');
      proxy.server.on('connect', (_, socket) => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
      await rejection(
        downloadFile('https://weights.invalid/net.pth', target, {
          ...QUICK,
          environment: {https_proxy: proxy.url},
        }),
      );
      expect(((await tunnel) as [IncomingMessage])[0].url).to.match(/^weights\.invalid(:443)?$/);
    });

    it('goes past it to hosts of NO_PROXY', async () => {
      const {url} = await serve((request, response) => sendFile(request, response));
      const environment = {
        HTTP_PROXY: 'http://proxy.invalid:3128',
        NO_PROXY: 'example.org,127.0.0.1',
      };
      await downloadFile(`${url}/net.pth`, target, {...QUICK, environment});
      expectOnlyTheFile();
    });
  });

  describe('when the cache cannot take it', () => {
    const unwritable = async (path: string): Promise<string> => {
      const {url} = await serve((request, response) => sendFile(request, response));
      const error = await rejection(downloadFile(`${url}/net.pth`, path, QUICK));
      expect(error)
        .to.be.instanceOf(CacheNotWritableError)
        .and.to.include({code: 'CACHE_NOT_WRITABLE', exitCode: 1, path});
      return error.message;
    };

    it('says that the disk is full', async function () {
      if (!existsSync('/dev/full')) this.skip();
      mkdirSync(`${target}.part`, {recursive: true});
      symlinkSync('/dev/full', join(`${target}.part`, 'bytes'));
      expect(await unwritable(target)).to.equal(
        `Weights cannot be written to ${target}: the disk is full. Free some space, or set FINETUNE_CACHE to another folder.`,
      );
    });

    it('says what is wrong with the folder', async () => {
      writeFileSync(folder, 'a file where a folder should be');
      expect((await unwritable(target)).replace(/reports E[A-Z]+/, 'reports CODE')).to.equal(
        `Weights cannot be written to ${target}: the system reports CODE. Make it writable, or set FINETUNE_CACHE to another folder.`,
      );
    });
  });
});
