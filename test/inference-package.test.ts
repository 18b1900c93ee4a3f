import {execFile} from 'node:child_process';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import type {AddressInfo} from 'node:net';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {expect} from 'chai';
import {loadModel} from '../src/export/load-model.js';
import type {Predictions} from '../src/export/recognition.js';
import {backendCopy} from './helpers/backend-copy.js';
import {useBackend} from './helpers/backend.js';
import {drawnFolder} from './helpers/drawn-folder.js';
import {EXAMPLES, exportedRandomModel, startService} from './helpers/examples.js';
import {HEIC_FILES} from './fixtures/heic-files.js';
import {makeInferencePackage} from './helpers/inference-package.js';
import {serve} from './helpers/loopback.js';
import {temporaryDirectory} from './helpers/temporary.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DOCUMENT = readFileSync(join(ROOT, 'docs/server.md'), 'utf8');

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const {server, close} = await serve(() => {});
  const {port} = server.address() as AddressInfo;
  await close();
  return port;
}

/** Disk space of a folder in MB, as `du -sm` counts. */
const sizeOf = (folder: string): number =>
  readdirSync(folder, {recursive: true, encoding: 'utf8'})
    .map(name => lstatSync(join(folder, name)).blocks * 512)
    .reduce((sum, bytes) => sum + bytes, 0) /
  2 ** 20;

/** Classifies, and tells what was installed or started meanwhile. */
const USE = `import {existsSync} from 'node:fs';
import {installBackend, loadModel, startBackend} from 'finetune-inference';
const [directory, ...images] = process.argv.slice(2);
const events = [];
const model = await loadModel(directory, {onEvent: ({code}) => events.push(code)});
const predictions = await model.classify(images);
const {backend, tfjsVersion} = await startBackend();
const cache = existsSync(process.env.FINETUNE_CACHE);
const refusal = await installBackend({offline: true}).catch(({code}) => code);
console.log(JSON.stringify({predictions, backend, tfjsVersion, events, refusal, cache}));`;

const TYPED_USE = `import {installBackend, loadFeatureExtractor, loadModel, type ExportedModel, type Prediction} from 'finetune-inference';
const model: ExportedModel = await loadModel('./model', {backend: 'wasm'});
export const [best]: Prediction[] = await model.classify(new Uint8Array(), {top: 1});
export const name: string | undefined = best?.className;
export const {c5} = await (await loadFeatureExtractor('./model')).features('./a.jpg', ['c5']);
export const directory: string = (await installBackend({gpu: false})).directory;
`;

describe('the package for inference', function () {
  this.timeout(300_000);
  useBackend();

  const project = join(temporaryDirectory(), 'service');
  let [model, image] = ['', ''];
  let size = 0;
  let modules: readonly string[] = [];
  const environment = (): NodeJS.ProcessEnv => ({
    ...process.env,
    FINETUNE_BACKEND: '',
    FINETUNE_CACHE: join(project, 'no-cache'),
  });

  before('pack it, and install it as examples/docker does', async () => {
    const made = await makeInferencePackage();
    cpSync(join(EXAMPLES, 'docker'), project, {recursive: true});
    await run('npm', ['pack', '--pack-destination', project, made]);
    const quick = ['--no-audit', '--no-fund', '--prefer-offline', '--no-package-lock'];
    await run('npm', ['install', ...quick, '--prefix', project], {cwd: project});
    size = sizeOf(join(project, 'node_modules'));
    modules = readdirSync(join(project, 'node_modules'));
    const express = ['install', '--no-save', ...quick, '--prefix', project, 'express@5'];
    await run('npm', express, {cwd: project});
    model = await exportedRandomModel();
    image = join(await drawnFolder({perClass: 1}), 'plain', '0.png');
  });

  it('takes less than 60 MB with everything it depends on', () => {
    expect(size).to.be.within(10, 60);
    expect(modules).to.include('finetune-inference').and.not.include('@tensorflow');
  });

  it('has no script that npm would run, and the files of this build alone', () => {
    const installed = join(project, 'node_modules/finetune-inference');
    const {scripts, version} = JSON.parse(
      readFileSync(join(installed, 'package.json'), 'utf8'),
    ) as {scripts?: object; version: string};
    expect(scripts).to.equal(undefined);
    const own = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {version: string};
    expect(version).to.equal(own.version);
    const modules = readdirSync(join(installed, 'dist'), {recursive: true, encoding: 'utf8'});
    const compiled = modules.filter(name => name.endsWith('.js'));
    expect(compiled).to.have.lengthOf.above(100);
    for (const name of compiled)
      expect(readFileSync(join(installed, 'dist', name))).to.deep.equal(
        readFileSync(join(ROOT, 'dist', name)),
      );
    expect(existsSync(join(installed, 'LICENSE'))).to.equal(true);
  });

  it('classifies as finetune does, where nothing is installed, and installs nothing', async () => {
    const heic = join(project, 'photo.heic');
    writeFileSync(heic, Buffer.from(HEIC_FILES.plain, 'base64'));
    writeFileSync(join(project, 'use.js'), USE);
    const {stdout, stderr} = await run(process.execPath, ['use.js', model, image, heic], {
      cwd: project,
      env: environment(),
    });
    const {predictions, ...told} = JSON.parse(stdout) as {readonly predictions: Predictions[]};
    expect(told).to.deep.equal({
      backend: 'wasm',
      tfjsVersion: '4.22.0',
      events: ['BACKEND_NOT_INSTALLED'],
      refusal: 'BACKEND_UNAVAILABLE',
      cache: false,
    });
    expect(stderr).to.equal('');
    const loaded = await loadModel(model);
    const expected = await loaded.classify([image, heic]);
    loaded.dispose();
    for (const [i, all] of expected.entries())
      for (const [j, {className, probability}] of all.entries()) {
        expect(predictions[i]![j]!.className).to.equal(className);
        expect(predictions[i]![j]!.probability).to.be.closeTo(probability, 1e-4);
      }
  });

  it('says what it lacks of a TensorFlow that another package has installed', async () => {
    const {cache} = await backendCopy();
    for (const name of readdirSync(join(cache, 'engines')))
      if (name.startsWith('tfjs-node-gpu')) rmSync(join(cache, 'engines', name));
    writeFileSync(
      join(project, 'lacking.js'),
      `import {installBackend} from 'finetune-inference';
const error = await installBackend({offline: true, gpu: false}).catch(each => each);
console.log(error.code, error.message);`,
    );
    const {stdout} = await run(process.execPath, ['lacking.js'], {
      cwd: project,
      env: {...environment(), FINETUNE_CACHE: cache},
    });
    expect(stdout).to.match(
      /^BACKEND_UNAVAILABLE Installing downloads @tensorflow\/tfjs-node-gpu, which is forbidden offline\./,
    );
  });

  it('serves as in the container of examples/docker, without the files for web pages', async () => {
    const ignored = readFileSync(join(project, '.dockerignore'), 'utf8').match(/^model\/.+$/gm)!;
    const patterns = ignored.map(
      line =>
        new RegExp(`^${line.slice('model/'.length).replaceAll('.', '\\.').replace('*', '.*')}$`),
    );
    const copied = readdirSync(model).filter(name => !patterns.some(each => each.test(name)));
    expect(copied).to.include('model.safetensors');
    for (const name of ['model.json', 'web']) expect(copied).not.to.include(name);
    for (const name of copied) cpSync(join(model, name), join(project, 'model', name));
    const service = await startService(
      'server.js',
      [join(project, 'model'), '0', '127.0.0.1'],
      project,
      environment(),
    );
    const answer = await fetch(`${service.url}/classify`, {
      method: 'POST',
      body: new Uint8Array(readFileSync(image)),
    });
    expect(answer.status).to.equal(200);
    expect(await answer.json()).to.have.lengthOf(3);
    expect(await service.stop()).to.equal(0);
  });

  const services = [...DOCUMENT.matchAll(/```js\n([^]*?)```/g)].map(([, code]) => code!);

  it('serves as docs/server.md says', async () => {
    expect(services).to.have.lengthOf(2);
    const bytes = new Uint8Array(readFileSync(image));
    for (const [i, code] of services.entries()) {
      const name = `service-${i}.js`;
      writeFileSync(
        join(project, name),
        `${code.replace("'./model'", JSON.stringify(model))}
setTimeout(() => console.log('listening on http://127.0.0.1:' + process.env.PORT), 200);`,
      );
      const PORT = String(await freePort());
      const service = await startService(name, [], project, {...environment(), PORT});
      try {
        const post = (body: BodyInit): Promise<Response> =>
          fetch(`${service.url}/classify`, {method: 'POST', body});
        const answer = await post(bytes);
        expect(answer.status, code).to.equal(200);
        expect(await answer.json()).to.have.lengthOf(3);
        const refused = await post('no image');
        expect(refused.status, code).to.be.oneOf([400, 422]);
        expect(await refused.text()).to.include('IMAGE_UNREADABLE');
      } finally {
        await service.stop();
      }
    }
  });

  for (const [resolution, kind] of [
    ['nodenext', 'nodenext'],
    ['bundler', 'esnext'],
  ] as const) {
    it(`brings declarations that need no others (moduleResolution ${resolution})`, async () => {
      writeFileSync(join(project, 'use.ts'), TYPED_USE);
      mkdirSync(join(project, 'node_modules/@types'), {recursive: true});
      cpSync(join(ROOT, 'node_modules/@types/node'), join(project, 'node_modules/@types/node'), {
        recursive: true,
      });
      const flags = ['--strict', '--exactOptionalPropertyTypes', '--noEmit', '--target', 'es2023'];
      const tsc = [
        join(ROOT, 'node_modules/typescript/bin/tsc'),
        ...[...flags, '--lib', 'es2023,dom', '--types', 'node'],
        ...['--module', kind, '--moduleResolution', resolution, 'use.ts'],
      ];
      const said = await run(process.execPath, tsc, {cwd: project}).catch(
        (error: {stdout: string}) => error,
      );
      const ours = said.stdout
        .split('\n')
        .filter(line => /^(use\.ts|node_modules\/finetune-inference\/)/.test(line));
      expect(ours).to.deep.equal([]);
    });
  }
});
