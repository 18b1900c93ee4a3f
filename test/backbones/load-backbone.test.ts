import {expect} from 'chai';
import {join} from 'node:path';
import {loadBackbone, randomBackbone, WeightsMismatchError, type Backbone} from '../../src/backbones/load-backbone.js';
import {disposeWeights, download} from '../../src/backbones/device-weights.js';
import {cardFor} from '../../src/backbones/cards.js';
import {backboneShapes, type Arch, type LastStage} from '../../src/backbones/resnet-specs.js';
import {writeSafetensors} from '../../src/backbones/safetensors-writer.js';
import type {HostTensor} from '../../src/core/host-tensor.js';
import {CAFFE_PREPROCESSING, TORCHVISION_PREPROCESSING} from '../../src/core/preprocessing.js';
import {nativeHandles} from '../../src/engine/binding.js';
import {tf} from '../../src/engine/tensorflow.js';
import {useEngine} from '../helpers/engine.js';
import {rejectionOf} from '../helpers/rejection.js';
import {sharedOrSkip} from '../helpers/shared.js';
import {temporaryDirectory} from '../helpers/temporary.js';
import {hashed} from '../parity/hashed-weights.js';

const directory = temporaryDirectory();
let files = 0;

/** A ResNet-18's backbone up to a stage, as torchvision's state dict holds it. */
const tensorsOf = (lastStage: LastStage, arch: Arch = 'resnet18'): Map<string, HostTensor> =>
  new Map(
    [...backboneShapes({arch, lastStage, strideOn: '3x3', batchNormEpsilon: 1e-5})].map(([name, shape]) => [name, hashed(name, shape)]),
  );

async function fileOf(tensors: ReadonlyMap<string, HostTensor>, metadata: Readonly<Record<string, string>> = {}): Promise<string> {
  const path = join(directory, `${files++}.safetensors`);
  await writeSafetensors(path, tensors, metadata);
  return path;
}

/** What a file is refused with; its path written FILE. Makes sure that nothing was left on the device. */
async function refusal(arch: Arch, lastStage: LastStage, path: string): Promise<Error & {message: string}> {
  const before = [tf.memory().numTensors, nativeHandles()];
  const error = await rejectionOf(loadBackbone(arch, lastStage, path));
  expect([tf.memory().numTensors, nativeHandles()], 'tensors on the device').to.deep.equal(before);
  error.message = error.message.replaceAll(path, 'FILE');
  return error;
}

const named = (names: readonly string[]): string => `(${names.length}): ${names.slice(0, 8).join(', ')}${names.length > 8 ? ', ...' : ''}`;

describe('loadBackbone', () => {
  useEngine();

  let backbone: Backbone | undefined;
  const load = async (...args: Parameters<typeof loadBackbone>): Promise<Backbone> => (backbone = await loadBackbone(...args));

  afterEach(() => {
    if (backbone !== undefined) disposeWeights(backbone.weights);
    backbone = undefined;
  });

  it('takes a bare state dict for one of torchvision, and its tensors as they are', async () => {
    const tensors = tensorsOf(1);
    const path = await fileOf(tensors);
    const {spec, preprocessing, weights, origin} = await load('resnet18', 1, path);
    expect(spec).to.deep.equal({arch: 'resnet18', lastStage: 1, strideOn: '3x3', batchNormEpsilon: 1e-5});
    expect(preprocessing).to.deep.equal(TORCHVISION_PREPROCESSING);
    expect(origin).to.equal(path);
    expect(weights.get('conv1.weight')!.shape).to.deep.equal([7, 7, 3, 64]);
    expect(download(weights)).to.deep.equal(tensors);
  });

  it('leaves later stages and the old classifier in the file', async () => {
    const tensors = new Map([...tensorsOf(2), ['fc.weight', hashed('fc.weight', [10, 512])], ['fc.bias', hashed('fc.bias', [10])]]);
    const {weights} = await load('resnet18', 1, await fileOf(tensors));
    expect([...weights.keys()]).to.have.members([...tensorsOf(1).keys()]);
  });

  it('marks what a gradient may move: statistics are no part of it', async () => {
    const {weights} = await load('resnet18', 1, await fileOf(tensorsOf(1)));
    const still = [...weights].filter(([, variable]) => !variable.trainable).map(([name]) => name);
    expect(still).to.have.members([...weights.keys()].filter(name => /running_(mean|var)$/.test(name)));
  });

  it('believes what the file says of its family', async () => {
    const record = {...TORCHVISION_PREPROCESSING, resizeSize: 73, cropSize: 64};
    const metadata = {stride_on: '1x1', batch_norm_epsilon: '1.001e-5', preprocessing: JSON.stringify(record), arch: 'resnet18'};
    const {spec, preprocessing} = await load('resnet18', 1, await fileOf(tensorsOf(1), metadata));
    expect(spec).to.include({strideOn: '1x1', batchNormEpsilon: 1.001e-5});
    expect(preprocessing).to.deep.equal(record);
  });

  it('takes the family from the card where the file says nothing', async () => {
    const card = cardFor('resnet18.imagenet1k-v1', 'resnet18');
    const {origin, preprocessing, spec} = await load('resnet18', 1, await fileOf(tensorsOf(1)), {...card, batchNormEpsilon: 1e-3});
    expect(origin).to.equal('resnet18.imagenet1k-v1');
    expect(preprocessing).to.deep.equal(card.preprocessing);
    expect(spec.batchNormEpsilon).to.equal(1e-3);
  });

  it('names what is missing and --last-stage where the file ends before the stage that was asked for', async () => {
    const error = (await refusal('resnet18', 3, await fileOf(tensorsOf(2)))) as WeightsMismatchError;
    const missing = [...tensorsOf(3).keys()].filter(name => name.startsWith('layer3.'));
    expect(error).to.be.instanceOf(WeightsMismatchError);
    expect(error.message).to.equal(
      'Expected weights of resnet18 up to stage 3 in FILE, but found another set of tensors. ' +
        'It holds stages 1 to 2: add --last-stage 2, or give a file with all stages.\n' +
        `In the network, not in the file ${named(missing)}`,
    );
    expect(error).to.deep.include({code: 'WEIGHTS_MISMATCH', exitCode: 1, missing, unexpected: [], misshapen: []});
  });

  it('names --last-stage 3 for the real file that lacks stage 4', async function () {
    const path = sharedOrSkip(this, 'weights/resnet50-imagenet-keras-stage3.safetensors');
    const error = (await refusal('resnet50', 4, path)) as WeightsMismatchError;
    expect(error.message).to.include('It holds stages 1 to 3: add --last-stage 3, or give a file with all stages.');
    expect(error.message).to.include('In the network, not in the file (50): layer4.0.conv1.weight, layer4.0.bn1.weight, ');
    expect(error.missing.every(name => name.startsWith('layer4.'))).to.equal(true);
  });

  it('reads the real file up to stage 3, of the family it says it is', async function () {
    const path = sharedOrSkip(this, 'weights/resnet50-imagenet-keras-stage3.safetensors');
    const {spec, preprocessing} = await load('resnet50', 3, path);
    expect(spec).to.deep.equal({arch: 'resnet50', lastStage: 3, strideOn: '1x1', batchNormEpsilon: 1.001e-5});
    expect(preprocessing).to.deep.equal(CAFFE_PREPROCESSING);
  });

  it("lists both sides' leftovers of PyTorch's CIFAR ResNet-20", async function () {
    const error = (await refusal('resnet50', 4, sharedOrSkip(this, 'weights/resnet20-cifar10-12fca82f.th'))) as WeightsMismatchError;
    expect(error).to.be.instanceOf(WeightsMismatchError);
    expect(error.message).to.match(
      /^Expected weights of resnet50 up to stage 4 in FILE, but found another set of tensors\. Give the --arch these weights were made for, or other --weights\.\nIn the network, not in the file \(\d+\): .*\nIn the file, not in the network \(2\): linear\.weight, linear\.bias\nOf another shape \(\d+\): conv1\.weight is \[16,3,3,3\], not \[64,3,7,7\], /,
    );
    expect(error.missing).to.include('layer4.0.conv1.weight');
  });

  it("lists both sides' leftovers of Keras' CIFAR ResNet-8", async function () {
    const error = (await refusal('resnet50', 4, sharedOrSkip(this, 'weights/resnet8-cifar10.h5'))) as WeightsMismatchError;
    expect(error).to.be.instanceOf(WeightsMismatchError);
    expect(error.missing).to.have.length(265);
    expect(error.unexpected.length).to.be.above(10);
    expect(error.message).to.include(`In the file, not in the network (${error.unexpected.length}): ${error.unexpected[0]}`);
  });

  it('tells a wrong shape, with both', async () => {
    const tensors = tensorsOf(1).set('layer1.1.conv2.weight', hashed('other', [64, 64, 1, 1]));
    const error = await refusal('resnet18', 1, await fileOf(tensors));
    expect(error.message).to.equal(
      'Expected weights of resnet18 up to stage 1 in FILE, but found another set of tensors. ' +
        'Give the --arch these weights were made for, or other --weights.\n' +
        'Of another shape (1): layer1.1.conv2.weight is [64,64,1,1], not [64,64,3,3]',
    );
  });

  it('tells what it does not know', async () => {
    const error = await refusal('resnet18', 1, await fileOf(tensorsOf(1).set('layer1.2.conv1.weight', hashed('x', [2]))));
    expect(error.message).to.include('\nIn the file, not in the network (1): layer1.2.conv1.weight');
  });

  it('takes a deeper network for what it is, though all that was asked for is in it', async () => {
    const error = (await refusal('resnet18', 1, await fileOf(tensorsOf(1, 'resnet34')))) as WeightsMismatchError;
    expect(error.unexpected).to.deep.equal([...tensorsOf(1, 'resnet34').keys()].filter(name => name.startsWith('layer1.2.')));
  });

  it('refuses a file that says it is of another depth', async () => {
    const error = await refusal('resnet34', 1, await fileOf(tensorsOf(1), {arch: 'resnet18'}));
    expect(error.message).to.equal('Expected weights of resnet34 in FILE, but found weights of resnet18. Add --arch resnet18.');
    expect(error).to.include({code: 'USAGE', exitCode: 2});
  });

  const unclear: readonly (readonly [metadata: Readonly<Record<string, string>>, message: string])[] = [
    [{stride_on: '2x2'}, 'stride_on "2x2" in its metadata; 3x3 or 1x1 is understood.'],
    [{batch_norm_epsilon: 'small'}, 'batch_norm_epsilon "small" in its metadata; a number above 0 is understood.'],
    [{batch_norm_epsilon: '-1e-5'}, 'batch_norm_epsilon "-1e-5" in its metadata; a number above 0 is understood.'],
    [{preprocessing: '{"mean":'}, 'preprocessing "{\\"mean\\":" in its metadata; caffe, or a whole record as JSON is understood.'],
    [{preprocessing: 'tf: -1..1'}, 'preprocessing "tf: -1..1" in its metadata; caffe, or a whole record as JSON is understood.'],
    [
      {preprocessing: JSON.stringify({...CAFFE_PREPROCESSING, scale: 0})},
      `preprocessing ${JSON.stringify(JSON.stringify({...CAFFE_PREPROCESSING, scale: 0}))} in its metadata; ` +
        'caffe, or a whole record as JSON (It: Expected "scale" to be > 0, but found 0.) is understood.',
    ],
  ];
  for (const [metadata, message] of unclear) {
    const [[key, text]] = Object.entries(metadata) as [[string, string]];
    it(`does not guess at ${key} ${text.slice(0, 30)}`, async () => {
      const error = await refusal('resnet18', 1, await fileOf(tensorsOf(1), metadata));
      expect(error.message).to.equal(`Expected weights in FILE, but found ${message}`);
      expect(error).to.include({code: 'WEIGHTS_UNREADABLE', exitCode: 1});
    });
  }
});

describe('randomBackbone', () => {
  useEngine();

  it("starts as torchvision's does: filters by their fan-out, batch norms as the identity", () => {
    const backbone = randomBackbone('resnet18', 2, 1);
    const tensors = download(backbone.weights);
    disposeWeights(backbone.weights);
    expect(backbone.origin).to.equal('none');
    const {data} = tensors.get('layer2.0.conv2.weight')!;
    const variance = data.reduce((sum, value) => sum + value ** 2, 0) / data.length;
    // Relative error of a variance over 147,456 values: sqrt(2 / n) = 0.4 %.
    expect(variance).to.be.closeTo(2 / (128 * 9), 0.03 * (2 / (128 * 9)));
    expect(new Set(tensors.get('bn1.weight')!.data)).to.deep.equal(new Set([1]));
    expect(new Set(tensors.get('bn1.running_var')!.data)).to.deep.equal(new Set([1]));
    expect(new Set(tensors.get('bn1.running_mean')!.data)).to.deep.equal(new Set([0]));
    expect(new Set(tensors.get('bn1.bias')!.data)).to.deep.equal(new Set([0]));
  });

  it('depends on the seed alone', () => {
    const filter = (seed: number, lastStage: LastStage): Float32Array => {
      const {weights} = randomBackbone('resnet18', lastStage, seed);
      const {data} = download(weights, name => name === 'layer1.0.conv1.weight').get('layer1.0.conv1.weight')!;
      disposeWeights(weights);
      return data;
    };
    expect(filter(1, 1)).to.deep.equal(filter(1, 2));
    expect(filter(1, 1)).to.not.deep.equal(filter(2, 1));
  });
});
