import {existsSync} from 'node:fs';
import {expect} from 'chai';
import {sha256File} from '../../../../src/core/files/sha256.js';
import {installBackend} from '../../../../src/backend/install/install.js';
import {PINNED_WHEELS} from '../../../../src/backend/install/wheels/pinned-wheels.js';
import {
  verifyDownload,
  verifyGivenWheel,
} from '../../../../src/backend/install/wheels/verify-wheel.js';
import {freshCache} from '../../../helpers/fresh-cache.js';
import {programs} from '../../../helpers/programs.js';
import {rejectionOf} from '../../../helpers/rejection.js';
import {tensorFlowFiles, writeWheel} from '../../../helpers/wheels.js';

const CPU_WHEEL = 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl';

describe('a wheel', () => {
  it('that was downloaded must be one of the pinned files, and is removed otherwise', async () => {
    const wheel = writeWheel('x.whl', {a: Buffer.from('a')});
    expect(await verifyDownload(wheel, 'x', [await sha256File(wheel), '0'.repeat(64)])).to.equal(
      wheel,
    );
    const error = await rejectionOf(verifyDownload(wheel, 'x', ['0'.repeat(64)]));
    expect(error.message).to.match(/^pip brought another x\.whl than PyPI publishes for x /);
    expect(existsSync(wheel)).to.equal(false);
  });

  it('that is given under the name of a published one must be that file', async () => {
    const {version} = PINNED_WHEELS['nvidia-cudnn-cu12']!;
    for (const name of [
      CPU_WHEEL,
      'tensorflow-2.21.0-cp312-cp312-manylinux_2_27_aarch64.whl',
      'tensorflow-2.21.0-cp313-cp313-macosx_12_0_arm64.whl',
      `nvidia_cudnn_cu12-${version}-py3-none-manylinux_2_27_x86_64.whl`,
      `nvidia_cudnn_cu12-${version}-py3-none-manylinux2014_x86_64.manylinux_2_17_x86_64.whl`,
    ]) {
      const wheel = writeWheel(name, tensorFlowFiles());
      const error = await rejectionOf(verifyGivenWheel(wheel));
      expect(error.message).to.match(
        /\.whl is not the file that PyPI publishes under this name \(its sha256 is [0-9a-f]{64}\), so nothing in it was run\. Download it again; /,
      );
      expect(error).to.include({code: 'BACKEND_UNAVAILABLE', exitCode: 4});
      expect(existsSync(wheel)).to.equal(true);
    }
  });

  it('of the user may have any other name', async () => {
    for (const name of [
      'tensorflow_cpu-2.21.0-cp311-cp311-linux_x86_64.whl',
      'tensorflow_cpu-2.20.0-cp311-cp311-manylinux_2_17_x86_64.whl',
      'tensorflow_rocm-2.21.0-cp311-cp311-manylinux_2_28_x86_64.whl',
      'constructor-2.21.0-cp311-cp311-manylinux_2_28_x86_64.whl',
    ])
      await verifyGivenWheel(writeWheel(name, tensorFlowFiles()));
  });

  it('is refused before anything of it is unpacked or run', async () => {
    const from = writeWheel(CPU_WHEEL, tensorFlowFiles());
    const environment = {PATH: programs({'g++': 'exit 0'})};
    const steps: string[] = [];
    const error = await rejectionOf(
      installBackend({
        ...{from, cache: await freshCache(), environment, gpu: false},
        onProgress: ({step}) => steps.push(step),
      }),
    );
    expect(error.message).to.include('is not the file that PyPI publishes under this name');
    expect(steps).to.deep.equal([]);
  });
});
