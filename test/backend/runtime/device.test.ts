import {mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {
  describeDevices,
  findVisibleGpu,
  listGpus,
  parseGpus,
  selectVisibleGpu,
  type DeviceOption,
  type Gpu,
} from '../../../src/backend/runtime/device.js';
import {prepareEnvironment, setCudaToolsPath} from '../../../src/backend/runtime/environment.js';
import {findMissingGpuLibrary} from '../../../src/backend/runtime/gpu-libraries.js';
import {
  glibcMinor,
  requireSupportedPlatform,
  type HostPlatform,
  detectPlatform,
} from '../../../src/backend/install/machine.js';
import {programs} from '../../helpers/programs.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const LINES =
  '0, NVIDIA H200, 143771, 9.0, GPU-8f4d1c2e-11\n1, NVIDIA GeForce RTX 4090, 24564, 8.9, GPU-0a\n';
const TWO: readonly Gpu[] = parseGpus(LINES);

describe('the GPUs of a machine', () => {
  it('are what nvidia-smi lists', async () => {
    expect(await listGpus({PATH: programs({'nvidia-smi': `printf '${LINES}'`})})).to.deep.equal([
      {
        index: 0,
        name: 'NVIDIA H200',
        memoryMiB: 143771,
        computeCapability: '9.0',
        uuid: 'GPU-8f4d1c2e-11',
      },
      {
        index: 1,
        name: 'NVIDIA GeForce RTX 4090',
        memoryMiB: 24564,
        computeCapability: '8.9',
        uuid: 'GPU-0a',
      },
    ]);
  });

  it('are none without nvidia-smi, and none where it fails', async () => {
    expect(await listGpus({PATH: temporaryDirectory()})).to.deep.equal([]);
    expect(
      await listGpus({PATH: programs({'nvidia-smi': 'echo "NVIDIA-SMI has failed"; exit 9'})}),
    ).to.deep.equal([]);
  });

  it('are known by what CUDA_VISIBLE_DEVICES calls them', () => {
    expect(
      ['0', '1', 'GPU-8f4d', 'GPU-0a', '2', 'GPU-1', ''].map(
        visible => findVisibleGpu(visible, TWO)?.index,
      ),
    ).to.deep.equal([...[0, 1, 0, 1], ...[undefined, undefined, undefined]]);
  });

  it('are described behind the processor', () => {
    const [processor, ...gpus] = describeDevices(TWO);
    expect(processor).to.match(/^cpu: .+ \(\d+ threads\)$/);
    expect(gpus[1]).to.equal('gpu:1: NVIDIA GeForce RTX 4090 (24564 MiB, compute capability 8.9)');
  });
});

describe('the one GPU that is shown to TensorFlow', () => {
  const cases: readonly (readonly [
    option: DeviceOption,
    gpus: readonly Gpu[],
    list: string | undefined,
    expected: string | undefined,
  ])[] = [
    ['auto', TWO, undefined, '0'],
    ['gpu', TWO, undefined, '0'],
    ['gpu:1', TWO, undefined, '1'],
    ['cpu', TWO, undefined, undefined],
    ['auto', [], undefined, undefined],
    ['auto', TWO, '1', '1'],
    ['gpu:1', TWO, '1,0', '0'],
    ['auto', TWO, 'GPU-8f4d1c2e', 'GPU-8f4d1c2e'],
    ['auto', TWO, '-1', undefined],
    ['auto', TWO, '', undefined],
    ['auto', [], '0', undefined],
  ];
  for (const [option, gpus, list, expected] of cases) {
    const where = `${gpus.length} GPUs${list === undefined ? '' : ` and CUDA_VISIBLE_DEVICES=${list}`}`;
    it(`is ${expected ?? 'none'} for ${option} with ${where}`, () => {
      expect(selectVisibleGpu(option, gpus, list)).to.equal(expected);
    });
  }

  it('must be there when it is demanded', () => {
    expect(() => selectVisibleGpu('gpu', [], undefined)).to.throw(
      "There is no NVIDIA GPU for --device gpu (nvidia-smi lists none; the driver's libcuda.so.1 is what TensorFlow needs). " +
        'Install the driver, or use --device cpu.',
    );
    expect(() => selectVisibleGpu('gpu:2', TWO, undefined)).to.throw(
      '--device gpu:2 is not available: this machine has 2 GPUs. Use gpu:0 to gpu:1, or --device cpu.',
    );
    expect(() => selectVisibleGpu('gpu', TWO, '-1')).to.throw(
      '--device gpu is not available: this machine has 0 GPUs allowed by CUDA_VISIBLE_DEVICES=-1. Allow one there, or use --device cpu.',
    );
  });

  it('names the library that the loader misses', async function () {
    if ((await listGpus()).length > 0) this.skip();
    expect(await findMissingGpuLibrary(undefined)).to.equal(
      'libcuda.so.1: cannot open shared object file: No such file or directory',
    );
  });
});

describe("TensorFlow's environment", () => {
  it('shows one GPU and lets its memory grow', () => {
    const environment: NodeJS.ProcessEnv = {};
    prepareEnvironment({}, '1', environment, {cores: {host: 4}});
    expect(environment).to.deep.equal({
      TF_CPP_MIN_LOG_LEVEL: '2',
      TF_ENABLE_ONEDNN_OPTS: '1',
      TF_FORCE_GPU_ALLOW_GROWTH: 'true',
      NVIDIA_TF32_OVERRIDE: '0',
      CUDA_CACHE_MAXSIZE: '4294967296',
      CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
      CUDA_VISIBLE_DEVICES: '1',
    });
  });

  it('hides every GPU from work for the CPU', () => {
    const environment: NodeJS.ProcessEnv = {CUDA_VISIBLE_DEVICES: '0,1'};
    prepareEnvironment({threads: 3}, undefined, environment);
    expect(environment.CUDA_VISIBLE_DEVICES).to.equal('-1');
    expect(environment.TF_NUM_INTRAOP_THREADS).to.equal('3');
    expect(environment.TF_CPP_MIN_LOG_LEVEL).to.equal('2');
  });

  it('computes with as many threads as a container has processors, unless the user says otherwise', () => {
    const machine = {cores: {host: 64, limit: 1.5}};
    const environment: NodeJS.ProcessEnv = {OMP_NUM_THREADS: '4'};
    prepareEnvironment({}, undefined, environment, machine);
    expect(environment).to.deep.include({
      TF_NUM_INTRAOP_THREADS: '2',
      TF_NUM_INTEROP_THREADS: '2',
      OMP_NUM_THREADS: '4',
    });
    const requested: NodeJS.ProcessEnv = {};
    prepareEnvironment({threads: 3}, undefined, requested, machine);
    expect(requested).to.deep.include({TF_NUM_INTRAOP_THREADS: '3', TF_NUM_INTEROP_THREADS: '2'});
  });

  it("keeps the user's own settings, and the order that a list of theirs was written in", () => {
    const own = {
      ...{
        TF_CPP_MIN_LOG_LEVEL: '1',
        TF_ENABLE_ONEDNN_OPTS: '0',
        TF_FORCE_GPU_ALLOW_GROWTH: 'false',
      },
      ...{NVIDIA_TF32_OVERRIDE: '1', CUDA_CACHE_MAXSIZE: '1'},
    };
    const environment: NodeJS.ProcessEnv = {...own, CUDA_VISIBLE_DEVICES: '1,0'};
    prepareEnvironment({}, '0', environment, {cores: {host: 4}});
    expect(environment).to.deep.equal({...own, CUDA_VISIBLE_DEVICES: '0'});
  });

  it("shows XLA the backend's own tools next to the user's flags", () => {
    const backend = temporaryDirectory();
    const environment: NodeJS.ProcessEnv = {XLA_FLAGS: '--xla_dump_to=/dump'};
    setCudaToolsPath(backend, environment);
    expect(environment.XLA_FLAGS).to.equal('--xla_dump_to=/dump');
    mkdirSync(join(backend, 'nvidia', 'cuda_nvcc'), {recursive: true});
    setCudaToolsPath(backend, environment);
    setCudaToolsPath(backend, environment);
    expect(environment.XLA_FLAGS).to.equal(
      `--xla_dump_to=/dump --xla_gpu_cuda_data_dir=${join(backend, 'nvidia', 'cuda_nvcc')}`,
    );
  });
});

describe('a machine for TensorFlow', () => {
  const host = (changes: Partial<HostPlatform>): HostPlatform => ({
    ...{platform: 'linux', arch: 'x64', glibc: '2.36', kernel: '6.1.0'},
    ...changes,
  });
  const refusal = (changes: Partial<HostPlatform>) => () => requireSupportedPlatform(host(changes));

  it('is Linux with a glibc that its wheels run on', () => {
    requireSupportedPlatform(host({arch: 'arm64', glibc: '2.27'}));
    expect(refusal({glibc: undefined})).to.throw(
      'TensorFlow needs glibc 2.27 or newer; this system has none (musl?). Use --backend wasm.',
    );
    expect(refusal({glibc: '2.17'})).to.throw('this system has 2.17. Use --backend wasm.');
  });

  it("is macOS 12 or newer on Apple's processors", () => {
    const mac = {platform: 'darwin', arch: 'arm64', glibc: undefined};
    requireSupportedPlatform(host({...mac, kernel: '21.0.0'}));
    requireSupportedPlatform(host({...mac, kernel: '25.1.0'}));
    expect(refusal({...mac, kernel: '20.6.0'})).to.throw(
      'TensorFlow needs macOS 12 or newer. Use --backend wasm.',
    );
    expect(refusal({...mac, arch: 'x64', kernel: '23.0.0'})).to.throw(
      'TensorFlow 2.21 has no build for Intel processors on macOS. On an Apple processor, install Node for arm64. Use --backend wasm.',
    );
  });

  it('is no other system', () => {
    expect(refusal({platform: 'win32', glibc: undefined})).to.throw(
      'It runs in WSL2 (docs/troubleshooting.md). Use --backend wasm.',
    );
    expect(refusal({platform: 'freebsd'})).to.throw(
      'TensorFlow does not run on freebsd on x64; it needs Linux on x64 or arm64, or macOS on arm64. Use --backend wasm.',
    );
    expect(refusal({arch: 'riscv64'})).to.throw('does not run on linux on riscv64');
  });

  it('says which it is', () => {
    const machine = detectPlatform();
    expect(machine.platform).to.equal(process.platform);
    expect(glibcMinor(machine)).to.equal(Number(machine.glibc?.split('.')[1] ?? 0));
  });
});
