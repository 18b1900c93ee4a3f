import {readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {PINNED_WHEELS} from '../../../../src/backend/install/wheels/pinned-wheels.js';
import {
  cudaRequirements,
  cudaTags,
  cudaWheel,
  installSize,
  tensorFlowTags,
  tensorFlowWheel,
} from '../../../../src/backend/install/wheels/tensorflow-wheels.js';
import {
  readWheelMetadata,
  requiredFiles,
  unpackWheel,
} from '../../../../src/backend/install/wheels/wheel.js';
import {
  copyUnpackedWheel,
  fingerprintSource,
  inspectSource,
} from '../../../../src/backend/install/wheels/wheel-source.js';
import {rejectionOf} from '../../../helpers/rejection.js';
import {temporaryDirectory} from '../../../helpers/temporary.js';
import {metadata, tensorFlowFiles, writeTree, writeWheel} from '../../../helpers/wheels.js';

const CPU_WHEEL = 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl';
const ignore = () => undefined;

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, {recursive: true, encoding: 'utf8'})
    .filter(name => statSync(join(folder, name)).isFile())
    .sort();

describe('unpacking a wheel', () => {
  it('takes the two libraries and the fourteen headers, and nothing else', async () => {
    const backend = temporaryDirectory();
    await unpackWheel(writeWheel(CPU_WHEEL, tensorFlowFiles()), backend, ignore);
    expect(filesBelow(backend)).to.deep.equal(
      requiredFiles()
        .map(name => `tensorflow/${name}`)
        .sort(),
    );
    expect(requiredFiles()).to.have.length(16);
    expect(readFileSync(join(backend, 'tensorflow/libtensorflow_cc.so.2'), 'utf8')).to.equal(
      'tensorflow/libtensorflow_cc.so.2',
    );
  });

  it('counts the bytes up to their sum', async () => {
    const reported: (readonly [number, number | null])[] = [];
    await unpackWheel(
      writeWheel(CPU_WHEEL, tensorFlowFiles()),
      temporaryDirectory(),
      (bytes, total) => reported.push([bytes, total]),
    );
    const sum = requiredFiles().reduce((bytes, name) => bytes + `tensorflow/${name}`.length, 0);
    expect(reported.at(-1)).to.deep.equal([sum, sum]);
  });

  it("takes shared libraries, the assembler and XLA's bitcode from NVIDIA's wheels, where TensorFlow looks for them", async () => {
    const names = [
      'lib/libcudart.so.12',
      'lib/libcudart_static.a',
      'include/cuda.h',
      'bin/ptxas',
      'nvvm/libdevice/libdevice.10.bc',
    ];
    const files = Object.fromEntries(names.map(name => [`nvidia/cuda/${name}`, Buffer.from(name)]));
    const backend = temporaryDirectory();
    await unpackWheel(writeWheel('nvidia_cuda.whl', files), backend, ignore);
    expect(filesBelow(backend)).to.deep.equal([
      'nvidia/cuda/bin/ptxas',
      'nvidia/cuda/lib/libcudart.so.12',
      'nvidia/cuda/nvvm/libdevice/libdevice.10.bc',
    ]);
    expect(statSync(join(backend, 'nvidia/cuda/bin/ptxas')).mode & 0o111).to.equal(0o111);
  });

  it('names what a wrong wheel lacks', async () => {
    const wheel = writeWheel('numpy-2.0.0-cp311-cp311-manylinux_2_17_x86_64.whl', {
      'numpy/__init__.py': Buffer.from(''),
    });
    const error = await rejectionOf(unpackWheel(wheel, temporaryDirectory(), ignore));
    expect(error.message).to.equal(
      `${wheel} is not a TensorFlow wheel for Linux: there is no tensorflow/libtensorflow_cc.so.2 in it. Give another file.`,
    );
    expect(error.exitCode).to.equal(4);
  });

  it("takes the libraries of macOS from that wheel, and not Linux's", async () => {
    const name = 'tensorflow-2.21.0-cp311-cp311-macosx_12_0_arm64.whl';
    const wheel = writeWheel(name, tensorFlowFiles('darwin'));
    const backend = temporaryDirectory();
    await unpackWheel(wheel, backend, ignore, {platform: 'darwin'});
    expect(filesBelow(backend)).to.include.members([
      'tensorflow/libtensorflow_cc.2.dylib',
      'tensorflow/libtensorflow_framework.2.dylib',
    ]);
    const error = await rejectionOf(
      unpackWheel(writeWheel(CPU_WHEEL, tensorFlowFiles('linux')), backend, ignore, {
        platform: 'darwin',
      }),
    );
    expect(error.message).to.include(
      'is not a TensorFlow wheel for macOS: there is no tensorflow/libtensorflow_cc.2.dylib in it.',
    );
  });

  it('refuses a file that is no archive, and one that was cut off', async () => {
    const text = writeWheel(CPU_WHEEL, {});
    writeFileSync(text, 'not found');
    const cut = writeWheel(CPU_WHEEL, tensorFlowFiles());
    writeFileSync(cut, readFileSync(cut).subarray(0, 900));
    for (const wheel of [text, cut]) {
      const error = await rejectionOf(unpackWheel(wheel, temporaryDirectory(), ignore));
      expect(error.message).to.match(
        /^.*\.whl is not a whole zip archive: .*\. Download the file again\.$/,
      );
      expect(error.code).to.equal('BACKEND_UNAVAILABLE');
    }
  });

  it('reads what a wheel says of itself', async () => {
    expect(await readWheelMetadata(writeWheel(CPU_WHEEL, tensorFlowFiles()))).to.equal(
      metadata('tensorflow_cpu'),
    );
    const plain = writeWheel('plain.whl', {'readme.txt': Buffer.from('hello')});
    const error = await rejectionOf(readWheelMetadata(plain));
    expect(error.message).to.equal(
      `${plain} is not a Python wheel: the zip archive has no METADATA. Give another file.`,
    );
  });
});

describe('what --from names', () => {
  it('may be a wheel', async () => {
    const wheel = writeWheel(CPU_WHEEL, tensorFlowFiles());
    expect(await inspectSource(wheel)).to.deep.equal({wheels: [wheel]});
  });

  it("may be a folder of wheels, of which TensorFlow's comes first", async () => {
    const folder = writeTree({
      'nvidia_cudnn_cu12-9.whl': Buffer.from(''),
      'numpy-2.whl': Buffer.from(''),
      'tensorflow-2.21.0.whl': Buffer.from(''),
    });
    expect(await inspectSource(folder)).to.deep.equal({
      wheels: [join(folder, 'tensorflow-2.21.0.whl'), join(folder, 'nvidia_cudnn_cu12-9.whl')],
    });
  });

  it('may be site-packages, or the folder tensorflow in it', async () => {
    const folder = writeTree(tensorFlowFiles());
    expect(await inspectSource(folder)).to.deep.equal({unpacked: join(folder, 'tensorflow')});
    expect(await inspectSource(join(folder, 'tensorflow'))).to.deep.equal({
      unpacked: join(folder, 'tensorflow'),
    });
  });

  it('must be there and hold TensorFlow', async () => {
    const empty = temporaryDirectory();
    const absent = await rejectionOf(inspectSource(join(empty, 'tf.whl')));
    expect(absent.message).to.equal(
      `${join(empty, 'tf.whl')} (--from) does not exist. Give a TensorFlow wheel, or a folder with one.`,
    );
    expect(absent.exitCode).to.equal(2);
    const neither = await rejectionOf(inspectSource(empty));
    expect(neither.message).to.equal(
      `${empty} (--from) holds neither a TensorFlow wheel nor libtensorflow_cc.so.2. Give another folder.`,
    );
  });

  it('is copied with the libraries of CUDA next to it', async () => {
    const cuda = {
      'nvidia/cudnn/lib/libcudnn.so.9': Buffer.from('cudnn'),
      'nvidia/cudnn/include/cudnn.h': Buffer.from('header'),
    };
    const folder = writeTree({...tensorFlowFiles(), ...cuda});
    const backend = temporaryDirectory();
    await copyUnpackedWheel(join(folder, 'tensorflow'), backend, ignore);
    const expected = [
      ...requiredFiles().map(name => `tensorflow/${name}`),
      'nvidia/cudnn/lib/libcudnn.so.9',
    ];
    expect(filesBelow(backend)).to.deep.equal(expected.sort());
  });

  it('must have the headers too', async () => {
    const folder = writeTree({
      'libtensorflow_cc.so.2': Buffer.from(''),
      'libtensorflow_framework.so.2': Buffer.from(''),
    });
    const error = await rejectionOf(copyUnpackedWheel(folder, temporaryDirectory(), ignore));
    expect(error.message).to.equal(
      `${join(folder, 'include/tensorflow/c/c_api.h')} (--from) does not exist. Give a complete TensorFlow.`,
    );
  });

  it('is known again until its libraries change', async () => {
    const wheel = writeWheel(CPU_WHEEL, tensorFlowFiles());
    const before = fingerprintSource(await inspectSource(wheel));
    expect(before).to.match(/^[0-9a-f]{8}$/);
    expect(fingerprintSource(await inspectSource(wheel))).to.equal(before);
    writeFileSync(wheel, 'another');
    expect(fingerprintSource(await inspectSource(wheel))).to.not.equal(before);
  });
});

describe('the wheels that pip is asked for', () => {
  it('are the small build without a GPU, and the only one on arm64', () => {
    expect(tensorFlowWheel(false, 'linux-x64').requirement).to.equal('tensorflow-cpu==2.21.0');
    expect(tensorFlowWheel(true, 'linux-x64').requirement).to.equal('tensorflow==2.21.0');
    expect(tensorFlowWheel(false, 'linux-arm64').requirement).to.equal('tensorflow==2.21.0');
  });

  it('are named by tags, one of each, that old pips understand', () => {
    expect(tensorFlowTags('linux-arm64', '312').join(' ')).to.equal(
      '--platform manylinux_2_27_aarch64 --python-version 312 --implementation cp --abi cp312',
    );
  });

  it("are NVIDIA's for the oldest glibc that is supported and every older one", () => {
    const tags = cudaTags('linux-x64').join(' ');
    expect(tags).to.match(/^--platform manylinux_2_27_x86_64 --platform manylinux_2_26_x86_64 /);
    expect(tags).to.match(
      / --platform manylinux_2_5_x86_64 --platform manylinux2014_x86_64 --platform manylinux2010_x86_64 /,
    );
    expect(tags).to.match(/ --python-version 311 --implementation py --abi none$/);
  });

  it('are those that the extra and-cuda names, but for the build without CUDA', () => {
    expect(cudaRequirements(metadata('tensorflow'))).to.deep.equal([
      'nvidia-cublas-cu12<13.0,>=12.5.3.2',
      'nvidia-cudnn-cu12<10.0,>=9.3.0.75',
    ]);
    expect(cudaRequirements(metadata('tensorflow_cpu'))).to.deep.equal([]);
  });

  it('are known by hash and size, for every platform, and none is a placeholder', () => {
    const wheels = Object.values(PINNED_WHEELS).flatMap(release => Object.values(release.wheels));
    const hashes = wheels.flatMap(({sha256}) => sha256);
    for (const hash of hashes) expect(hash).to.match(/^[0-9a-f]{64}$/);
    expect(new Set(hashes).size).to.equal(hashes.length);
    for (const {downloadBytes, diskBytes} of wheels) {
      expect(downloadBytes).to.be.within(3e6, 1e9);
      expect(diskBytes).to.be.within(0.7e6, 1.3e9);
    }
    for (const platform of ['linux-x64', 'linux-arm64', 'darwin-arm64']) {
      const {sha256, tagSets} = tensorFlowWheel(false, platform);
      expect(sha256).to.have.length(tagSets.length);
    }
  });

  it("are, on macOS, the one for Apple's processors", () => {
    const {requirement, tagSets} = tensorFlowWheel(false, 'darwin-arm64');
    expect(requirement).to.equal('tensorflow==2.21.0');
    expect(tagSets[0]!.join(' ')).to.equal(
      '--platform macosx_12_0_arm64 --python-version 311 --implementation cp --abi cp311',
    );
  });

  it('do not exist for every platform', () => {
    expect(() => tensorFlowWheel(false, 'darwin-x64')).to.throw(
      'There is no wheel of tensorflow 2.21.0 for darwin-x64. Use --backend wasm.',
    );
    expect(() => cudaWheel('nvidia-cudnn-cu12<10.0', 'darwin-arm64')).to.throw(
      /^There is no wheel of nvidia-cudnn-cu12 [\d.]+ for darwin-arm64\. /,
    );
  });

  it('have a size, with what CUDA adds', () => {
    const size = installSize(false, 'linux-x64');
    expect(size).to.deep.equal({downloadBytes: 273_829_956, diskBytes: 634_431_650});
    const withCuda = installSize(true, 'linux-x64');
    expect(withCuda.downloadBytes).to.be.within(3.3e9, 3.5e9);
    expect(withCuda.diskBytes).to.be.within(5.3e9, 5.5e9);
  });

  it("are one release of NVIDIA's that TensorFlow's requirement must allow", () => {
    const {requirement, sha256} = cudaWheel('nvidia-cudnn-cu12<10.0,>=9.3.0.75', 'linux-x64');
    expect(requirement).to.equal(
      `nvidia-cudnn-cu12<10.0,>=9.3.0.75,==${PINNED_WHEELS['nvidia-cudnn-cu12']!.version}`,
    );
    expect(sha256).to.have.length(1);
    expect(cudaWheel('nvidia-cudnn-cu12<10.0', 'linux-arm64').sha256).to.not.deep.equal(sha256);
    expect(() => cudaWheel('nvidia-cudnn-cu14>=14', 'linux-x64')).to.throw(
      'nvidia-cudnn-cu14>=14, which this TensorFlow asks for, is not among',
    );
    expect(() => cudaWheel('constructor', 'linux-x64')).to.throw(
      'is not among the wheels that are known',
    );
  });
});
