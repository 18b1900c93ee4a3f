import {existsSync, mkdirSync, readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import type {ListedBackend} from '../../../src/backend/runtime/list-backends.js';
import {formatListedBackend} from '../../../src/cli/commands/format-backends.js';
import {guardPath} from '../../../src/backend/install/backend-directory.js';
import {backendCopy, damage} from '../../helpers/backend-copy.js';
import {programs} from '../../helpers/programs.js';
import {finetune} from '../../helpers/program.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

interface Document {
  readonly backends: readonly ListedBackend[];
  readonly unused: readonly {directory: string; bytes: number}[];
}

async function list(
  environment: NodeJS.ProcessEnv,
  ...args: string[]
): Promise<Document & {readonly stderr: string}> {
  const cwd = temporaryDirectory();
  const {stdout, stderr, code} = await finetune(['backend', '--json', ...args], {cwd, environment});
  expect(code, stderr).to.equal(0);
  return {...(JSON.parse(stdout) as Document), stderr};
}

describe('finetune backend', function () {
  this.timeout(120_000);

  it('installs nothing, and says what an installation takes', async () => {
    const cache = join(temporaryDirectory(), 'cache');
    const environment = {FINETUNE_CACHE: cache, FINETUNE_BACKEND: 'auto', PATH: ''};
    const {backends, unused} = await list(environment);
    expect(backends.map(({backend, device, state}) => [backend, device, state])).to.deep.equal([
      ['tensorflow', 'gpu', 'unavailable'],
      ['tensorflow', 'cpu', 'not-installed'],
      ['wasm', 'cpu', 'used'],
    ]);
    expect(backends[1]!.installation!.downloadBytes).to.be.within(2e8, 3e8);
    expect(backends[1]!.installation!.diskBytes).to.be.within(5e8, 8e8);
    expect(backends[2]!.gflops!.conv2d).to.be.above(0);
    expect(backends[2]!.diskBytes).to.be.within(1e6, 5e7);
    expect(unused).to.deep.equal([]);
    const engines = join(cache, 'engines');
    expect(existsSync(engines) ? readdirSync(engines) : []).to.deep.equal([]);
  });

  it('names directories of other versions', async () => {
    const cache = temporaryDirectory();
    const old = join(cache, 'engines', 'tensorflow-2.19.0-cpu-napi8-linux-x64-0123abcd');
    mkdirSync(old, {recursive: true, mode: 0o700});
    writeFileSync(join(old, 'library'), Buffer.alloc(1234));
    const {unused} = await list({FINETUNE_CACHE: cache}, '--backend', 'wasm');
    expect(unused).to.deep.equal([{directory: old, bytes: 1234}]);
  });

  it('measures every backend that is there, each in a process of its own', async () => {
    const {backends} = await list({}, '--backend', 'wasm');
    const [tensorflow, wasm] = backends.slice(1);
    expect(tensorflow).to.include({state: 'ready', device: 'cpu'});
    expect(tensorflow!.gflops!.conv2d).to.be.above(0);
    expect(tensorflow!.diskBytes).to.be.above(5e8);
    expect(wasm).to.include({
      state: 'used',
      reason: '--backend wasm or FINETUNE_BACKEND asks for it.',
    });
  });

  it('says why one that is there cannot be used', async () => {
    const {cache, backend} = await backendCopy();
    damage(guardPath(backend.directory), bytes => bytes.subarray(0, 100));
    const {backends} = await list({FINETUNE_CACHE: cache, PATH: ''}, '--backend', 'wasm');
    const {state, reason, gflops} = backends[1]!;
    expect(state).to.equal('unavailable');
    expect(reason).to.match(/^It does not start: .*guard\.node has 100 bytes instead of \d+/);
    expect(gflops).to.equal(undefined);
  });

  it('says what CUDA takes where there is an NVIDIA GPU', async function () {
    if (process.platform !== 'linux') this.skip();
    const gpu = '0, NVIDIA H200, 143771, 9.0, GPU-8f4d1c2e';
    const environment = {
      FINETUNE_CACHE: temporaryDirectory(),
      PATH: programs({'nvidia-smi': `echo "${gpu}"`}),
    };
    const {backends} = await list(environment, '--backend', 'wasm');
    expect(backends[0]).to.include({device: 'gpu', state: 'not-installed'});
    expect(backends[0]!.installation!.downloadBytes).to.be.above(2.9e9);
  });

  it('says it in a sentence each', () => {
    const gflops = {matmul: 40, conv2d: 41.234};
    expect(
      formatListedBackend({
        ...{backend: 'tensorflow', device: 'cpu', state: 'used', gflops, diskBytes: 634_742_925},
        reason: 'TensorFlow is installed, and there is no NVIDIA GPU.',
      }),
    ).to.equal(
      'TensorFlow on the CPU: used, conv2d 41.2 GFLOP/s, 634.7 MB on disk. TensorFlow is installed, and there is no NVIDIA GPU.',
    );
    expect(
      formatListedBackend({
        ...{backend: 'tensorflow', device: 'gpu', state: 'not-installed'},
        reason: 'Install it: finetune backend install.',
        installation: {downloadBytes: 3.38e9, diskBytes: 5.41e9},
      }),
    ).to.equal(
      'TensorFlow with CUDA: not installed, 3.4 GB to download, 5.4 GB on disk. Install it: finetune backend install.',
    );
  });
});
