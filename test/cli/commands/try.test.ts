import {spawn, type ChildProcess} from 'node:child_process';
import {cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {request, type IncomingHttpHeaders} from 'node:http';
import {connect} from 'node:net';
import {join} from 'node:path';
import {expect} from 'chai';
import {exportEnsemble} from '../../../src/export/ensemble/export-ensemble.js';
import {
  PortError,
  serveModel,
  type ModelServer,
} from '../../../src/cli/commands/try/model-server.js';
import {segmentsOf} from '../../../src/cli/commands/try/served-files.js';
import {useBackend} from '../../helpers/backend.js';
import {exportedRandomModel} from '../../helpers/examples.js';
import {finetune, MAIN} from '../../helpers/program.js';
import {programs} from '../../helpers/programs.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends a path as it is: `fetch` would resolve its dots. */
const ask = (
  {port}: Pick<ModelServer, 'port'>,
  path: string,
  {method = 'GET', host}: {method?: string; host?: string} = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const headers = host === undefined ? {} : {host};
    const sent = request({host: '127.0.0.1', port, path, method, headers}, response => {
      let body = '';
      response.setEncoding('latin1').on('data', (text: string) => (body += text));
      response.on('end', () =>
        resolve({status: response.statusCode!, headers: response.headers, body}),
      );
    });
    sent.on('error', reject).end();
  });

describe('finetune try', function () {
  this.timeout(120_000);
  useBackend();
  let model: string;
  let outside: string;
  let server: ModelServer;

  before('export a model, with a secret next to it', async () => {
    outside = temporaryDirectory();
    model = join(outside, 'run', 'model');
    mkdirSync(join(outside, 'run'));
    cpSync(await exportedRandomModel(), model, {recursive: true});
    for (const path of [join(outside, 'secret.txt'), join(outside, 'run', 'secret.txt')])
      writeFileSync(path, 'secret');
    symlinkSync(join(outside, 'secret.txt'), join(model, 'link.txt'));
    symlinkSync(outside, join(model, 'linked'));
    mkdirSync(join(model, '.hidden'));
    writeFileSync(join(model, '.hidden', 'file.txt'), 'secret');
    server = await serveModel(model, 0);
  });
  after(() => server.close());

  it('serves every file of the model with its media type', async () => {
    const types = {
      '/web/': 'text/html; charset=utf-8',
      '/web/index.html': 'text/html; charset=utf-8',
      '/web/style.css': 'text/css; charset=utf-8',
      '/web/page.js?v=1': 'text/javascript; charset=utf-8',
      '/web/tfjs-backend-wasm-simd.wasm': 'application/wasm',
      '/metadata.json': 'application/json',
      '/labels.txt': 'text/plain; charset=utf-8',
      '/group1-shard1of1.bin': 'application/octet-stream',
    };
    for (const [path, type] of Object.entries(types)) {
      const {status, headers, body} = await ask(server, path);
      expect(status, path).to.equal(200);
      expect(headers['content-type'], path).to.equal(type);
      expect(Number(headers['content-length'])).to.equal(body.length).and.to.be.above(0);
      expect(headers['x-content-type-options']).to.equal('nosniff');
      expect(headers['content-security-policy']).to.include("connect-src 'self'");
    }
  });

  it('leads from its root to the page', async () => {
    for (const path of ['/', '/web']) {
      const {status, headers} = await ask(server, path);
      expect([status, headers.location]).to.deep.equal([302, '/web/']);
    }
  });

  it('answers HEAD without a body, and refuses to be changed', async () => {
    const head = await ask(server, '/metadata.json', {method: 'HEAD'});
    expect([head.status, head.body]).to.deep.equal([200, '']);
    expect(Number(head.headers['content-length'])).to.be.above(100);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const {status, headers} = await ask(server, '/metadata.json', {method});
      expect([status, headers.allow], method).to.deep.equal([405, 'GET, HEAD']);
    }
  });

  const OUTSIDE = [
    '/../secret.txt',
    '/web/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e%2fsecret.txt',
    '/..%5csecret.txt',
    '/..\\secret.txt',
    '//etc/passwd',
    '/%2fetc%2fpasswd',
    '/link.txt',
    '/linked/secret.txt',
    '/.hidden/file.txt',
    '/labels.txt%00.html',
    '/%ff',
    '/%',
    '/nothing.txt',
    '/web',
    '/members',
  ];

  it('gives no file from elsewhere, by a path or a link', async () => {
    for (const path of OUTSIDE) {
      const {status, body} = await ask(server, path);
      expect([302, 404], path).to.include(status);
      expect(body, path).not.to.match(/secret\b(?!\.txt)|root:/);
    }
  });

  it('takes a path apart only if no name in it means a folder above', () => {
    expect(segmentsOf('/web/page.js?v=..#/..')).to.deep.equal(['web', 'page.js']);
    expect(segmentsOf('/a%20b/')).to.deep.equal(['a b', '']);
    for (const path of ['/..', '/%2E%2e/a', '/.a', '/a%2f..%2fb', '/a%5cb', '/%00', '/%'])
      expect(segmentsOf(path), path).to.equal(undefined);
  });

  it('gives nothing to a page elsewhere whose name leads to this machine', async () => {
    for (const host of ['evil.example', 'evil.example:80', '127.0.0.1.evil.example', '10.0.0.1'])
      expect((await ask(server, '/labels.txt', {host})).status, host).to.equal(403);
    for (const host of ['localhost', `localhost:${server.port}`, '127.0.0.1:1', '[::1]:1'])
      expect((await ask(server, '/labels.txt', {host})).status, host).to.equal(200);
  });

  it('is not reached from other machines', async () => {
    const address = server.url.slice('http://'.length);
    expect(address).to.match(/^127\.0\.0\.1:\d+\/web\/$/);
    const reached = await new Promise(resolve => {
      const socket = connect(server.port, '127.0.0.2');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    expect(reached).to.equal(false);
  });

  it('shows a model without a page by the page of this package', async () => {
    const bare = join(temporaryDirectory(), 'model');
    cpSync(model, bare, {recursive: true, filter: path => !/linked|link\.txt/.test(path)});
    rmSync(join(bare, 'web'), {recursive: true});
    const other = await serveModel(bare, 0);
    const [own, shown] = [await ask(server, '/web/'), await ask(other, '/web/')];
    expect(shown.body).to.equal(own.body);
    expect((await ask(other, '/web/toString')).status).to.equal(404);
    await other.close();
  });

  it('says that a port is in use, and what to do', async () => {
    const error = await rejectionOf(serveModel(model, server.port));
    expect(error).to.be.instanceOf(PortError);
    expect(error.message).to.equal(
      `Port ${server.port} of 127.0.0.1 is in use by another program. Give another --port, or leave it out for any free one.`,
    );
  });

  describe('on the command line', () => {
    /** Starts the command and waits for what it prints to standard output. */
    function start(
      args: readonly string[],
      environment: NodeJS.ProcessEnv = {},
    ): Promise<{child: ChildProcess; stdout: () => string; stderr: () => string}> {
      const child = spawn(process.execPath, [MAIN, 'try', ...args], {
        cwd: outside,
        env: {...process.env, ...environment},
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let [stdout, stderr] = ['', ''];
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      return new Promise((resolve, reject) => {
        child.on('error', reject);
        child.on('exit', code => reject(new Error(`it ended with ${code}: ${stderr}`)));
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          stdout += text;
          // A document ends with the brace in its first column.
          if (!stdout.startsWith('{') || stdout.includes('\n}'))
            resolve({child, stdout: () => stdout, stderr: () => stderr});
        });
      });
    }

    const stop = (child: ChildProcess, signal: NodeJS.Signals = 'SIGINT'): Promise<unknown> =>
      new Promise(resolve => {
        child.once('exit', (code, by) => resolve([code, by]));
        child.kill(signal);
      });

    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      it(`prints an address that works, and ends with 0 by ${signal}`, async () => {
        const {child, stdout, stderr} = await start(['run']);
        const url = stdout().trim();
        expect(url).to.match(/^http:\/\/127\.0\.0\.1:\d+\/web\/$/);
        const page = await fetch(url);
        expect([page.status, await page.text()]).to.satisfy(
          ([status, text]: [number, string]) => status === 200 && text.includes('page.js'),
        );
        expect(await stop(child, signal)).to.deep.equal([0, null]);
        expect(stderr()).to.match(/^Ctrl-C stops the server\.\s*$/);
      });

    it('prints one document with --json, for an ensemble too', async () => {
      const ensemble = join(outside, 'ensemble');
      await exportEnsemble([model], ensemble);
      const {child, stdout} = await start(['ensemble', '--json']);
      const {url, port, model: served} = JSON.parse(stdout()) as Record<string, string>;
      expect([url, served]).to.deep.equal([`http://127.0.0.1:${port}/web/`, 'ensemble']);
      const metadata = (await (await fetch(new URL('../metadata.json', url))).json()) as object;
      expect(metadata).to.have.property('vote', 'mean');
      expect(await stop(child)).to.deep.equal([0, null]);
    });

    it('takes the newest run, and the port that it is given', async () => {
      mkdirSync(join(outside, 'runs'));
      cpSync(join(outside, 'run'), join(outside, 'runs', 'pets'), {recursive: true});
      const free = await serveModel(model, 0);
      await free.close();
      const {child, stdout, stderr} = await start(['--port', String(free.port)]);
      expect(stdout()).to.equal(`http://127.0.0.1:${free.port}/web/\n`);
      expect(stderr()).to.include('runs/pets/model, the newest in runs/');
      expect(await stop(child)).to.deep.equal([0, null]);
    });

    it('opens the browser, or says that it cannot', async () => {
      const asked = join(temporaryDirectory(), 'asked');
      const PATH = programs({'xdg-open': `echo "$1" > ${asked}`});
      const first = await start(['run', '--open'], {PATH});
      await new Promise(resolve => setTimeout(resolve, 500));
      expect(readFileSync(asked, 'utf8')).to.equal(first.stdout());
      await stop(first.child);
      const second = await start(['run', '--open'], {PATH: programs({})});
      await stop(second.child);
      expect(second.stderr()).to.match(/No program was found that opens a browser\./);
    });

    it('fails with 2 for a port in use or none, and with 1 for what is no model', async () => {
      const used = await finetune(['try', 'run', '--port', String(server.port)], {cwd: outside});
      expect([used.code, used.stdout]).to.deep.equal([2, '']);
      expect(used.stderr).to.match(/is in use by another program/);
      expect((await finetune(['try', 'run', '--port', '70000'], {cwd: outside})).code).to.equal(2);
      const none = await finetune(['try', 'elsewhere'], {cwd: outside});
      expect([none.code, none.stdout]).to.deep.equal([1, '']);
      expect(none.stderr).to.match(/elsewhere holds no exported model/);
      const empty = await finetune(['try'], {cwd: temporaryDirectory()});
      expect(empty.code).to.equal(2);
      expect(empty.stderr).to.match(/There is no exported model below runs\//);
    });
  });
});
