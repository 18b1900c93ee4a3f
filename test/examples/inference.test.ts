import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {runInNewContext} from 'node:vm';
import {expect} from 'chai';
import {loadModel} from '../../src/export/load-model.js';
import {useBackend} from '../helpers/backend.js';
import {drawnFolder} from '../helpers/drawn-folder.js';
import {
  EXAMPLES,
  exportedRandomModel,
  runExample,
  startService,
  type ExampleService,
} from '../helpers/examples.js';
import {examplesWithPackage} from '../helpers/inference-package.js';

interface Answer {
  readonly className: string;
  readonly probability: number;
}

/** What stands in for Electron: it keeps handlers, and shows no window. */
const ELECTRON = `
export const handlers = new Map();
export const loaded = [];
export const ipcMain = {handle: (channel, handler) => handlers.set(channel, handler)};
export const app = {whenReady: async () => {}, on: () => {}, quit: () => {}};
export class BrowserWindow {
  constructor({webPreferences}) { loaded.push(webPreferences); }
  async loadFile(path) { loaded.push(path); }
}`;

/** Asks the main process of the Electron example as its page does. */
const ELECTRON_DRIVER = `import {readFileSync} from 'node:fs';
import {handlers, loaded} from 'electron';
await import('./main.js');
const classify = handlers.get('classify');
const answers = [];
for (const image of [new Uint8Array(readFileSync(process.argv[2])), new Uint8Array(3), process.argv[2]])
  answers.push(await classify({}, image));
console.log(JSON.stringify({loaded, answers}));`;

describe('the inference examples', function () {
  this.timeout(120_000);
  useBackend();

  let [examples, model, image] = ['', '', ''];
  let expected: readonly Answer[] = [];
  before(async () => {
    examples = await examplesWithPackage();
    model = await exportedRandomModel();
    image = join(await drawnFolder({perClass: 1}), 'plain', '0.png');
    const loaded = await loadModel(model);
    expected = await loaded.classify(image);
    loaded.dispose();
  });

  /** Whatever the backend, the numbers are those of this process. */
  function expectSame(answers: readonly Answer[]): void {
    expect(answers.map(({className}) => className)).to.deep.equal(
      expected.slice(0, answers.length).map(({className}) => className),
    );
    answers.forEach(({probability}, i) =>
      expect(probability).to.be.closeTo(expected[i]!.probability, 1e-4),
    );
  }

  const postTo =
    ({url}: ExampleService, path = '') =>
    (body: BodyInit): Promise<Response> =>
      fetch(url + path, {method: 'POST', body});

  it('node-service classifies the body of a request, and refuses what is no image', async () => {
    const service = await startService('node-service/server.js', [model, '0'], examples);
    try {
      const post = postTo(service);
      const answer = await post(new Uint8Array(readFileSync(image)));
      expect(answer.status).to.equal(200);
      expectSame((await answer.json()) as Answer[]);
      const refused = await post('no image');
      expect(refused.status).to.equal(400);
      expect(await refused.json()).to.include.keys('error', 'code');
      expect((await fetch(service.url)).status).to.equal(405);
      expect((await post(new Uint8Array(20 * 2 ** 20 + 1))).status).to.equal(413);
    } finally {
      await service.stop();
    }
  });

  it('worker classifies in a thread, and goes on after an image that cannot be read', async () => {
    const text = await runExample(
      'worker/main.js',
      [model, join(model, 'none.png'), image],
      examples,
    );
    const lines = text.trimEnd().split('\n');
    expect(lines).to.have.lengthOf(2);
    expect(lines[0]).to.contain('none.png');
    expect(lines[1]).to.match(/0\.png: (dotted|plain|striped) [01]\.\d{3}$/);
  });

  const startDocker = (environment: NodeJS.ProcessEnv = {}): Promise<ExampleService> =>
    startService('docker/server.js', [model, '0', '127.0.0.1'], examples, {
      FINETUNE_BACKEND: 'wasm',
      ...environment,
    });

  it('docker classifies many images at once in its threads, and ends when it is told to', async () => {
    const service = await startDocker();
    const post = postTo(service, '/classify');
    expect(await (await fetch(`${service.url}/health`)).json()).to.deep.equal({status: 'ready'});
    const bytes = new Uint8Array(readFileSync(image));
    const answers = await Promise.all(Array.from({length: 8}, () => post(bytes)));
    for (const answer of answers) {
      expect(answer.status).to.equal(200);
      expectSame((await answer.json()) as Answer[]);
    }
    const refused = await post('no image');
    expect(refused.status).to.equal(422);
    expect(await refused.json()).to.include({code: 'IMAGE_UNREADABLE'});
    expect((await fetch(`${service.url}/classify`)).status).to.equal(405);
    expect((await fetch(service.url)).status).to.equal(404);
    expect((await post(new Uint8Array(20 * 2 ** 20 + 1))).status).to.equal(413);
    expect(await service.stop()).to.equal(0);
  });

  it('docker refuses images where too many wait', async () => {
    const service = await startDocker({MAX_WAITING: '0'});
    try {
      expect((await postTo(service, '/classify')('an image')).status).to.equal(503);
    } finally {
      await service.stop();
    }
  });

  it('docker copies files that are there, and starts the service', () => {
    const text = readFileSync(join(EXAMPLES, 'docker/Dockerfile'), 'utf8');
    const copied = [...text.matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, names]) =>
      names!.split(' '),
    );
    expect(copied).to.have.members([
      'package.json',
      '*.tgz',
      'model',
      'server.js',
      'classifier.js',
    ]);
    expect(text).to.include('CMD ["node", "server.js"]');
  });

  it('plain-tfjs classifies without this package, nearly as it does', async () => {
    const line = await runExample('plain-tfjs/classify.js', [model, image]);
    const [, className, probability] = /0\.png: (\w+) ([01]\.\d{3})\n$/.exec(line)!;
    const {probability: ours} = expected.find(each => each.className === className)!;
    // sharp resizes in its own way.
    expect(Number(probability)).to.be.closeTo(ours, 0.04);
  });

  it('electron answers a window with a class, and takes bytes only', async () => {
    const folder = join(examples, 'node_modules/electron');
    mkdirSync(folder);
    writeFileSync(
      join(folder, 'package.json'),
      '{"name": "electron", "type": "module", "exports": "./index.js"}',
    );
    writeFileSync(join(folder, 'index.js'), ELECTRON);
    writeFileSync(join(examples, 'electron/driver.js'), ELECTRON_DRIVER);
    const linked = join(examples, 'electron/main.js');
    writeFileSync(
      linked,
      readFileSync(linked, 'utf8').replace("path('model')", JSON.stringify(model)),
    );
    const {loaded, answers} = JSON.parse(
      await runExample('electron/driver.js', [image], examples),
    ) as {loaded: unknown[]; answers: object[]};
    expect(loaded[0]).to.include({contextIsolation: true, sandbox: true});
    expect(loaded[1]).to.equal(join(examples, 'electron/index.html'));
    expectSame([answers[0] as Answer]);
    expect(answers[1]).to.include({code: 'IMAGE_UNREADABLE'});
    expect(answers[2]).to.deep.equal({error: 'Send the bytes of an image.'});
  });

  it('electron gives its page one function', async () => {
    const exposed: Record<string, {classify(bytes: Uint8Array): unknown}> = {};
    const electron = {
      contextBridge: {exposeInMainWorld: (name: string, api: never) => (exposed[name] = api)},
      ipcRenderer: {invoke: (...args: readonly unknown[]) => args},
    };
    runInNewContext(readFileSync(join(EXAMPLES, 'electron/preload.cjs'), 'utf8'), {
      require: () => electron,
    });
    expect(Object.keys(exposed.finetune!)).to.deep.equal(['classify']);
    const bytes = new Uint8Array([1, 2]);
    expect(exposed.finetune!.classify(bytes)).to.deep.equal(['classify', bytes]);
  });
});
