import {expect} from 'chai';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {readWeights} from '../../../src/backbones/readers/read-weights.js';
import {WeightsFileError} from '../../../src/backbones/readers/weights-file.js';
import {createRng} from '../../../src/core/rng.js';
import {sharedOrSkip} from '../../helpers/shared.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {fileOf, refusalOf, refusalOfPath} from '../../helpers/weights-files.js';

const first = (values: Float32Array, count: number): number[] => [...values.subarray(0, count)];

describe('readWeights', () => {
  it('says what is wrong in fields as well', async () => {
    const path = fileOf(Buffer.from('hello, world'));
    const error: unknown = await readWeights(path).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(WeightsFileError);
    expect(error).to.include({
      code: 'WEIGHTS_UNREADABLE',
      exitCode: 1,
      path,
      reason: 'a file of no known format (its first bytes are 68656c6c6f2c2077)',
    });
  });

  const STRANGE: readonly (readonly [what: string, content: string, found: string])[] = [
    ['an empty file', '', 'an empty file. Download or save the file again'],
    [
      'a pointer of Git LFS',
      'version https://git-lfs.github.com/spec/v1\noid sha256:00\n',
      'a Git LFS pointer. Fetch the file itself with "git lfs pull"',
    ],
    ['a web page', '\n<!DOCTYPE html><html></html>', 'a web page. Download the file itself'],
    [
      'anything else',
      'GIF89a',
      'a file of no known format (its first bytes are 474946383961). Give a .safetensors, a PyTorch .pth, a Keras .h5 or a tfjs model.json',
    ],
  ];

  for (const [what, content, found] of STRANGE) {
    it(`tells ${what} from weights`, async () => {
      expect(await refusalOf(Buffer.from(content))).to.equal(
        `FILE cannot be read as weights: ${found}.`,
      );
    });
  }

  it('takes a safetensors file for one at every header length', async function () {
    this.timeout(120_000);
    const path = join(temporaryDirectory(), 'weights');
    const entry = '{"":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}';
    const wrong: number[] = [];
    for (let length = 8; length <= 100_000; length += 8) {
      const header = Buffer.from((length < entry.length ? '{}' : entry).padEnd(length));
      const size = Buffer.alloc(8);
      size.writeBigUInt64LE(BigInt(length));
      writeFileSync(
        path,
        Buffer.concat([
          size,
          header,
          length < entry.length ? Buffer.alloc(0) : Buffer.from([0, 0, 128, 63]),
        ]),
      );
      const read = await readWeights(path).catch(
        (error: unknown) => (error as WeightsFileError).reason,
      );
      const expected =
        typeof read === 'string'
          ? read === 'no tensor of floating-point numbers'
          : read.tensors.get('')!.data[0] === 1;
      if (!expected) wrong.push(length);
    }
    expect(wrong).to.deep.equal([]);
  });

  it('says that there is no such file', async () => {
    expect(await refusalOfPath(join(temporaryDirectory(), 'none.pth'))).to.equal(
      'FILE cannot be read as weights: no such file. Check the path.',
    );
  });

  it('reads stages 1 to 3 of ResNet-50 as Keras trained it', async function () {
    const {format, metadata, tensors} = await readWeights(
      sharedOrSkip(this, 'weights/resnet50-imagenet-keras-stage3.safetensors'),
    );
    expect(format).to.equal('safetensors');
    expect(metadata).to.include({
      arch: 'resnet50',
      stages: '3',
      stride_on: '1x1',
      batch_norm_epsilon: '1.001e-5',
    });
    expect(metadata.preprocessing).to.match(/^caffe/);
    expect(tensors.size).to.equal(215);
    expect(tensors.get('layer3.0.downsample.0.weight')!.shape).to.deep.equal([1024, 512, 1, 1]);
    expect(first(tensors.get('bn1.bias')!.data, 2)).to.deep.equal([
      1.4794970750808716, -1.121834397315979,
    ]);
  });

  it('reads a ResNet-20 in the legacy format, the values those that PyTorch 2.13 reads', async function () {
    const {format, tensors} = await readWeights(
      sharedOrSkip(this, 'weights/resnet20-cifar10-12fca82f.th'),
    );
    expect(format).to.equal('pytorch');
    expect(tensors.size).to.equal(97);
    expect([...tensors.keys()].slice(0, 2)).to.deep.equal([
      'state_dict.module.conv1.weight',
      'state_dict.module.bn1.weight',
    ]);
    expect(tensors.get('state_dict.module.conv1.weight')!.shape).to.deep.equal([16, 3, 3, 3]);
    expect(first(tensors.get('state_dict.module.conv1.weight')!.data, 3)).to.deep.equal(CONV1);
    expect(tensors.get('state_dict.module.linear.weight')!.shape).to.deep.equal([10, 64]);
    expect(first(tensors.get('state_dict.module.linear.bias')!.data, 3)).to.deep.equal(LINEAR_BIAS);
  });

  it('reads a ResNet-8 of Keras, whole model and optimizer in the file', async function () {
    const {format, tensors} = await readWeights(sharedOrSkip(this, 'weights/resnet8-cifar10.h5'));
    expect(format).to.equal('keras-h5');
    expect(tensors.size).to.equal(48);
    expect(tensors.get('conv2d/kernel:0')!.shape).to.deep.equal([3, 3, 3, 16]);
    expect(tensors.get('dense/kernel:0')!.shape).to.deep.equal([64, 10]);
    expect(tensors.get('conv2d/bias:0')!.data[0]).to.equal(-0.0001022759242914617);
  });

  it('reads or refuses, and never anything else, a real file that was damaged', async function () {
    const stream = createRng('damage');
    for (const name of ['resnet20-cifar10-12fca82f.th', 'resnet8-cifar10.h5']) {
      const whole = readFileSync(sharedOrSkip(this, `weights/${name}`));
      for (let i = 0; i < (name.endsWith('.h5') ? 10 : 40); i++) {
        const cut = whole.subarray(0, stream.integer(whole.length));
        const damaged = Buffer.from(whole);
        damaged[stream.integer(i % 2 === 0 ? whole.length : 20_000)] = stream.integer(256);
        await refusalOf(cut);
        await readWeights(fileOf(damaged)).catch((error: unknown) =>
          expect(error).to.be.instanceOf(WeightsFileError),
        );
      }
    }
  });
});

/** `torch.load(..., weights_only=True)['state_dict']`, PyTorch 2.13.0 */
const CONV1 = [-0.13818146288394928, -0.1624176800251007, 0.8207383155822754];
const LINEAR_BIAS = [0.19355906546115875, -0.3431008756160736, 0.11120541393756866];
