import {readdirSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {cacheDirectory} from '../../../src/core/files/cache-directory.js';
import {listInstalledBackends} from '../../../src/backend/install/backend-directory.js';
import type {
  BackendEvent,
  BackendInfo,
  BackendOptions,
} from '../../../src/backend/runtime/backend-info.js';
import {useBackend} from '../../helpers/backend.js';
import {inChild, SRC, type ChildResult} from '../../helpers/in-child.js';
import {programs} from '../../helpers/programs.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

/** What a start in a process of its own came to. */
interface Start {
  readonly info?: BackendInfo;
  readonly backend?: string;
  readonly gpus?: string;
  readonly events: readonly BackendEvent[];
  readonly error?: {readonly code: string; readonly exitCode: number; readonly message: string};
  readonly child: ChildResult;
}

async function start(options: BackendOptions, environment: NodeJS.ProcessEnv = {}): Promise<Start> {
  const script = `import {startBackend} from '${SRC}/backend/runtime/runtime.js';
import {tf} from '${SRC}/backend/tensorflow.js';
const events = [];
let result;
try {
  const info = await startBackend({...${JSON.stringify(options)}, onEvent: event => events.push(event)});
  tf.matMul(tf.ones([2, 2]), tf.ones([2, 2])).dataSync();
  result = {info, backend: tf.getBackend(), gpus: process.env.CUDA_VISIBLE_DEVICES};
} catch ({code, exitCode, message}) {
  result = {error: {code, exitCode, message}};
}
console.log(JSON.stringify({...result, events}));`;
  // The backend of this process has hidden the GPUs from its children.
  const child = await inChild(script, {CUDA_VISIBLE_DEVICES: undefined, ...environment});
  return {...(JSON.parse(child.stdout || '{}') as Start), child};
}

const emptyCache = (): NodeJS.ProcessEnv => ({
  FINETUNE_CACHE: temporaryDirectory(),
  PATH: temporaryDirectory(),
  CXX: '',
});

const SLOWER =
  'so training falls back to WASM, about 5 times slower at 64 px and 9 times slower at 224 px';

describe('starting TensorFlow', function () {
  this.timeout(30_000);
  useBackend();

  it('loads the installed backend, silently, on the CPU alone', async () => {
    const {info, backend, gpus, events, child} = await start({
      backend: 'tensorflow',
      device: 'cpu',
      threads: 1,
      offline: true,
    });
    const installed = listInstalledBackends(cacheDirectory())[0]!;
    expect(child.stderr).to.equal('');
    expect(events).to.deep.equal([]);
    expect(backend).to.equal('tensorflow');
    expect(gpus).to.equal('-1');
    expect(info).to.deep.include({
      backend: 'tensorflow',
      tensorflowVersion: installed.tensorflow,
      tfjsVersion: '4.22.0',
      from: installed.from,
      directory: installed.directory,
      device: 'cpu',
      threads: 1,
      oneDnn: true,
      nodeVersion: process.version,
    });
    expect(info!.devices).to.have.length(1);
  });

  it('lets TensorFlow speak where its own variable asks for it', async () => {
    const {child} = await start(
      {backend: 'tensorflow', device: 'cpu', offline: true},
      {TF_CPP_MIN_LOG_LEVEL: '0'},
    );
    expect(child.stderr).to.include('cpu_feature_guard');
  });

  it('continues without the GPU that is there on auto, where the installed backend has no CUDA, and says so', async () => {
    const PATH = programs({'nvidia-smi': 'echo "0, NVIDIA H200, 143771, 9.0"'});
    const {info, events} = await start({backend: 'auto', device: 'auto'}, {PATH});
    const reason =
      'The NVIDIA GPU cannot be used, so training continues on the CPU: the installed TensorFlow has no CUDA. Run finetune backend install for one with it.';
    expect(events).to.deep.equal([{type: 'fallback', reason}]);
    expect(info!.fallbackReason).to.equal(reason);
    expect(info).to.include({
      backend: 'tensorflow',
      directory: listInstalledBackends(cacheDirectory())[0]!.directory,
    });
    expect(info!.devices[1]).to.equal('gpu:0: NVIDIA H200 (143771 MiB, compute capability 9.0)');
  });

  it('refuses a GPU that is not there', async () => {
    const {error} = await start({backend: 'auto', device: 'gpu'}, {PATH: temporaryDirectory()});
    expect(error).to.include({code: 'GPU_UNAVAILABLE', exitCode: 4});
    expect(error!.message).to.match(
      /^There is no NVIDIA GPU for --device gpu \(.*libcuda\.so\.1.*\)\. /,
    );
  });

  it('does not take a backend without CUDA where a GPU is demanded', async () => {
    const PATH = programs({'nvidia-smi': 'echo "0, NVIDIA H200, 143771, 9.0"'});
    const {error} = await start(
      {backend: 'auto', device: 'gpu', offline: true, install: true},
      {PATH},
    );
    expect(error!.message).to.match(
      /^TensorFlow is not installed in .*, and --offline forbids its download\. /,
    );
  });
});

describe('starting without TensorFlow', function () {
  this.timeout(30_000);

  it('is an error where TensorFlow is demanded and nothing may be fetched', async () => {
    const environment = emptyCache();
    const options = {backend: 'tensorflow', device: 'cpu', offline: true, install: true} as const;
    const {error} = await start(options, environment);
    expect(error).to.deep.equal({
      code: 'BACKEND_UNAVAILABLE',
      exitCode: 4,
      message:
        `TensorFlow is not installed in ${join(environment.FINETUNE_CACHE!, 'engines')}, and --offline forbids its download. ` +
        'Run finetune backend install once with a connection, or with --from FILE.',
    });
  });

  it('falls back to the portable backend on auto, and says why and what it costs', async () => {
    const {info, backend, events, child} = await start(
      {backend: 'auto', device: 'auto', install: true},
      emptyCache(),
    );
    const reason =
      `TensorFlow is not available, ${SLOWER}. There is no C++ compiler for TensorFlow's addon (tried g++, c++, clang++). ` +
      'Install g++ and run finetune backend install.';
    expect(info).to.deep.include({
      backend: 'wasm',
      from: 'package',
      device: 'cpu',
      threads: 1,
      oneDnn: null,
      fallbackReason: reason,
    });
    expect(backend).to.equal('wasm');
    expect(events).to.deep.equal([{type: 'fallback', reason}]);
    expect(child.stderr).to.equal('');
  });

  it('is on the portable backend where nothing may be installed, in one sentence', async () => {
    const environment = emptyCache();
    const {info, events} = await start({}, environment);
    const reason =
      'TensorFlow is not installed, so WebAssembly computes. installBackend() installs it once.';
    expect(info).to.include({backend: 'wasm', fallbackReason: reason});
    expect(events).to.deep.equal([{type: 'fallback', reason, code: 'BACKEND_NOT_INSTALLED'}]);
    expect(readdirSync(environment.FINETUNE_CACHE!)).to.deep.equal([]);
  });

  it('needs no cache folder that can be made', async () => {
    const {info} = await start({}, {...emptyCache(), FINETUNE_CACHE: '/proc/none/cache'});
    expect(info).to.include({backend: 'wasm'});
  });

  it('uses the portable backend where that is asked for, without a word', async () => {
    const {info, events, child} = await start({backend: 'wasm', device: 'auto'}, emptyCache());
    expect(info).to.not.have.property('fallbackReason');
    expect(events).to.deep.equal([]);
    expect(child.stderr).to.equal('');
  });

  it('has no GPU for the portable backend', async () => {
    const {error} = await start({backend: 'wasm', device: 'gpu:0'});
    expect(error).to.deep.equal({
      code: 'USAGE',
      exitCode: 2,
      message:
        '--device gpu:0 does not fit --backend wasm: the portable backend has no GPU. Use --device cpu or auto.',
    });
  });

  it('happens once: the same backend comes back, and another is refused', async () => {
    const script = `import {startBackend} from '${SRC}/backend/runtime/runtime.js';
const [first, second] = await Promise.all([startBackend({backend: 'wasm', device: 'cpu'}), startBackend({backend: 'wasm', device: 'auto'})]);
const refusal = await startBackend({backend: 'tensorflow', device: 'cpu', threads: 4}).catch(({message}) => message);
console.log(JSON.stringify({same: first === second, refusal}));`;
    const {stdout} = await inChild(script, emptyCache());
    expect(JSON.parse(stdout)).to.deep.equal({
      same: true,
      refusal:
        'This process already runs wasm on cpu with 1 threads, so it cannot run tensorflow on cpu with 4 threads. Start another process for another backend.',
    });
  });
});
