import {expect} from 'chai';
import {join} from 'node:path';
import {loadBackbone, createRandomBackbone} from '../../src/backbones/load-backbone.js';
import {WeightsMismatchError} from '../../src/backbones/weights/weights-mismatch.js';
import {disposeWeights, toHost, type Backbone} from '../../src/backbones/parameters.js';
import {embeddedPath, getPretrained} from '../../src/backbones/pretrained/pretrained.js';
import {backboneShapes} from '../../src/backbones/network.js';
import type {Arch, LastStage} from '../../src/backbones/resnet-specs.js';
import {writeSafetensors} from '../../src/backbones/weights/safetensors-writer.js';
import type {CpuTensor} from '../../src/core/state-dict.js';
import {CAFFE_PREPROCESSING, TORCHVISION_PREPROCESSING} from '../../src/core/preprocessing.js';
import {countNativeHandles} from '../../src/backend/graph/binding.js';
import {tf} from '../../src/backend/tensorflow.js';
import {useBackend} from '../helpers/backend.js';
import {rejectionOf} from '../helpers/rejection.js';
import {sharedOrSkip} from '../helpers/shared.js';
import {temporaryDirectory} from '../helpers/temporary.js';
import {hashed} from '../helpers/hashed-weights.js';

const directory = temporaryDirectory();
let files = 0;

/** A ResNet-18's backbone up to a stage, as torchvision's state dict holds it. */
const tensorsOf = (lastStage: LastStage, arch: Arch = 'resnet18'): Map<string, CpuTensor> =>
  new Map(
    [...backboneShapes({arch, lastStage, strideIn1x1: false, batchNormEpsilon: 1e-5})].map(
      ([name, shape]) => [name, hashed(name, shape)],
    ),
  );

async function fileOf(
  tensors: ReadonlyMap<string, CpuTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<string> {
  const path = join(directory, `${files++}.safetensors`);
  await writeSafetensors(path, tensors, metadata);
  return path;
}

/** What a file is refused with; its path written FILE. Makes sure that nothing was left on the device. */
async function refusal(
  arch: Arch,
  lastStage: LastStage,
  path: string,
): Promise<Error & {message: string}> {
  const before = [tf.memory().numTensors, countNativeHandles()];
  const error = await rejectionOf(loadBackbone(arch, lastStage, path));
  expect([tf.memory().numTensors, countNativeHandles()], 'tensors on the device').to.deep.equal(
    before,
  );
  error.message = error.message.replaceAll(path, 'FILE');
  return error;
}

describe('loadBackbone', () => {
  useBackend();

  let backbone: Backbone | undefined;
  const load = async (...args: Parameters<typeof loadBackbone>): Promise<Backbone> =>
    (backbone = await loadBackbone(...args));

  afterEach(() => {
    if (backbone !== undefined) disposeWeights(backbone.weights);
    backbone = undefined;
  });

  it('takes a bare state dict for one of torchvision, and its tensors as they are', async () => {
    const tensors = tensorsOf(1);
    const path = await fileOf(tensors);
    const {spec, preprocessing, weights, origin} = await load('resnet18', 1, path);
    expect(spec).to.deep.equal({
      arch: 'resnet18',
      lastStage: 1,
      strideIn1x1: false,
      batchNormEpsilon: 1e-5,
    });
    expect(preprocessing).to.deep.equal(TORCHVISION_PREPROCESSING);
    expect(origin).to.equal(path);
    expect(weights.get('conv1.weight')!.shape).to.deep.equal([7, 7, 3, 64]);
    expect(toHost(weights)).to.deep.equal(tensors);
  });

  it('leaves later stages and the old classifier in the file', async () => {
    const tensors = new Map([
      ...tensorsOf(2),
      ['fc.weight', hashed('fc.weight', [10, 512])],
      ['fc.bias', hashed('fc.bias', [10])],
    ]);
    const {weights} = await load('resnet18', 1, await fileOf(tensors));
    expect([...weights.keys()]).to.have.members([...tensorsOf(1).keys()]);
  });

  it('marks what a gradient may move: statistics are no part of it', async () => {
    const {weights} = await load('resnet18', 1, await fileOf(tensorsOf(1)));
    const still = [...weights].filter(([, variable]) => !variable.trainable).map(([name]) => name);
    expect(still).to.have.members(
      [...weights.keys()].filter(name => /running_(mean|var)$/.test(name)),
    );
  });

  it('believes what the file says of its variant', async () => {
    const record = {...TORCHVISION_PREPROCESSING, resizeSize: 73, cropSize: 64};
    const metadata = {
      stride_on: '1x1',
      batch_norm_epsilon: '1.001e-5',
      preprocessing: JSON.stringify(record),
      arch: 'resnet18',
    };
    const {spec, preprocessing} = await load('resnet18', 1, await fileOf(tensorsOf(1), metadata));
    expect(spec).to.include({strideIn1x1: true, batchNormEpsilon: 1.001e-5});
    expect(preprocessing).to.deep.equal(record);
  });

  it('reads the weights of this package as any file: with its entry or without, it is preprocessed alike', async () => {
    const card = getPretrained('embedded', 'resnet18');
    const path = embeddedPath(card);
    const [named, unnamed] = [
      await load('resnet18', 4, path, card),
      await load('resnet18', 4, path),
    ];
    expect([named.origin, unnamed.origin]).to.deep.equal(['resnet18.tiny-imagenet', path]);
    expect(named.preprocessing).to.deep.equal(card.preprocessing);
    expect(unnamed.preprocessing).to.deep.equal(card.preprocessing);
    expect(unnamed.spec).to.deep.equal(named.spec);
  });

  it('takes the variant from the pretrained-weights entry where the file says nothing', async () => {
    const card = getPretrained('resnet18.imagenet1k-v1', 'resnet18');
    const {origin, preprocessing, spec} = await load('resnet18', 1, await fileOf(tensorsOf(1)), {
      ...card,
      batchNormEpsilon: 1e-3,
    });
    expect(origin).to.equal('resnet18.imagenet1k-v1');
    expect(preprocessing).to.deep.equal(card.preprocessing);
    expect(spec.batchNormEpsilon).to.equal(1e-3);
  });

  it('names what is missing and --last-stage where the file ends before the stage that was asked for', async () => {
    const error = (await refusal(
      'resnet18',
      3,
      await fileOf(tensorsOf(2)),
    )) as WeightsMismatchError;
    const missing = [...tensorsOf(3).keys()].filter(name => name.startsWith('layer3.'));
    expect(error).to.be.instanceOf(WeightsMismatchError);
    expect(error.message).to.equal(
      'FILE holds only stages 1 to 2 of a resnet18, where resnet18 up to stage 3 is wanted. Add --last-stage 2, or give a file with all stages.',
    );
    expect(error).to.deep.include({
      code: 'WEIGHTS_MISMATCH',
      exitCode: 1,
      missing,
      unexpected: [],
      shapeMismatches: [],
    });
  });

  it('names --last-stage 3 for the real file that lacks stage 4', async function () {
    const path = sharedOrSkip(this, 'weights/resnet50-imagenet-keras-stage3.safetensors');
    const error = (await refusal('resnet50', 4, path)) as WeightsMismatchError;
    expect(error.message).to.include(
      'holds only stages 1 to 3 of a resnet50, where resnet50 up to stage 4 is wanted. Add --last-stage 3,',
    );
    expect(error.missing.every(name => name.startsWith('layer4.'))).to.equal(true);
  });

  it('reads the real file up to stage 3, of the variant it says it is', async function () {
    const path = sharedOrSkip(this, 'weights/resnet50-imagenet-keras-stage3.safetensors');
    const {spec, preprocessing} = await load('resnet50', 3, path);
    expect(spec).to.deep.equal({
      arch: 'resnet50',
      lastStage: 3,
      strideIn1x1: true,
      batchNormEpsilon: 1.001e-5,
    });
    expect(preprocessing).to.deep.equal(CAFFE_PREPROCESSING);
  });

  it("says of PyTorch's CIFAR ResNet-20 what it is", async function () {
    const error = (await refusal(
      'resnet50',
      4,
      sharedOrSkip(this, 'weights/resnet20-cifar10-12fca82f.th'),
    )) as WeightsMismatchError;
    expect(error).to.be.instanceOf(WeightsMismatchError);
    expect(error.message).to.equal(
      'FILE holds a resnet20 or plain20, not a resnet50. Add --arch resnet20 or plain20.',
    );
    expect(error.missing).to.include('layer4.0.conv1.weight');
  });

  it("says of Keras' CIFAR ResNet-8 that its names are none of a ResNet's", async function () {
    const error = (await refusal(
      'resnet50',
      4,
      sharedOrSkip(this, 'weights/resnet8-cifar10.h5'),
    )) as WeightsMismatchError;
    expect(error).to.be.instanceOf(WeightsMismatchError);
    expect(error.missing).to.have.length(265);
    expect(error.message).to.match(
      /^FILE holds no ResNet: none of its 48 tensors \(.*\) is called as one of resnet50's \(conv1\.weight, /,
    );
  });

  it('tells a wrong shape, with both', async () => {
    const tensors = tensorsOf(1).set('layer1.1.conv2.weight', hashed('other', [64, 64, 1, 1]));
    const error = (await refusal('resnet18', 1, await fileOf(tensors))) as WeightsMismatchError;
    expect(error.message).to.equal(
      'FILE does not hold a whole resnet18: 1 tensor has another shape (layer1.1.conv2.weight is 64 x 64 x 1 x 1, not 64 x 64 x 3 x 3). ' +
        'Give weights of a resnet18.',
    );
    expect(error.shapeMismatches).to.deep.equal([
      'layer1.1.conv2.weight is 64 x 64 x 1 x 1, not 64 x 64 x 3 x 3',
    ]);
  });

  it('names what is called most like what is missing', async () => {
    const tensors = tensorsOf(1);
    tensors.delete('layer1.0.bn1.running_var');
    tensors.set('layer1_0_bn1.running_var', hashed('x', [64]));
    expect((await refusal('resnet18', 1, await fileOf(tensors))).message).to.equal(
      'FILE does not hold a whole resnet18: 1 of its 25 tensors is missing (layer1.0.bn1.running_var; ' +
        'the nearest name in the file is layer1_0_bn1.running_var). Give weights of a resnet18.',
    );
  });

  it('refuses what is inside the stages and is none of the network', async () => {
    const error = (await refusal(
      'resnet18',
      1,
      await fileOf(tensorsOf(1).set('layer1.2.conv1.weight', hashed('x', [2]))),
    )) as WeightsMismatchError;
    expect(error.message).to.include(
      '1 tensor inside its stages does not belong to it (layer1.2.conv1.weight)',
    );
    expect(error.unexpected).to.deep.equal(['layer1.2.conv1.weight']);
  });

  it('takes a deeper network for what it is, though all that was asked for is in it', async () => {
    const error = (await refusal(
      'resnet18',
      1,
      await fileOf(tensorsOf(1, 'resnet34')),
    )) as WeightsMismatchError;
    expect(error.message).to.equal('FILE holds a resnet34, not a resnet18. Add --arch resnet34.');
    expect(error.unexpected).to.deep.equal(
      [...tensorsOf(1, 'resnet34').keys()].filter(name => name.startsWith('layer1.2.')),
    );
  });

  it('tells in a sentence what it left in the file, and which of several backbones it took', async () => {
    const at = (prefix: string) =>
      [...tensorsOf(1)].map(([name, tensor]): [string, CpuTensor] => [prefix + name, tensor]);
    const others = ['head.fc.weight', 'head.fc.bias', 'queue', 'neck.0.weight', 'x'].map(
      (name): [string, CpuTensor] => [name, hashed(name, [2])],
    );
    const path = await fileOf(new Map([...at('encoder_k.'), ...at('encoder_q.'), ...others]));
    const notices: string[] = [];
    backbone = await loadBackbone('resnet18', 1, path, undefined, {
      onInfo: message => notices.push(message),
    });
    expect(notices).to.deep.equal([
      `${path} holds several backbones: took the one under encoder_q, not under encoder_k.`,
      `Ignored 5 tensors of ${path}: head.fc.weight, head.fc.bias, queue, neck.0.weight, and 1 more.`,
    ]);
  });

  it('says nothing of the classifier in a file that a pretrained-weights entry describes', async () => {
    const path = await fileOf(tensorsOf(1).set('fc.weight', hashed('fc', [2, 2])));
    const notices: string[] = [];
    backbone = await loadBackbone('resnet18', 1, path, getPretrained('auto', 'resnet18'), {
      onInfo: message => notices.push(message),
    });
    expect(notices).to.deep.equal([]);
  });

  const WRONG: readonly (readonly [name: string, value: number, found: string])[] = [
    [
      'layer1.0.conv1.weight',
      NaN,
      '1 of the 36,864 numbers of tensor "layer1.0.conv1.weight" not finite (NaN or infinite)',
    ],
    [
      'bn1.bias',
      -Infinity,
      '1 of the 64 numbers of tensor "bn1.bias" not finite (NaN or infinite)',
    ],
    [
      'bn1.running_var',
      -1e-9,
      '1 of the 64 numbers of tensor "bn1.running_var" below zero, which no variance is',
    ],
  ];
  for (const [name, value, found] of WRONG) {
    it(`refuses ${value} in ${name}`, async () => {
      const tensors = tensorsOf(1);
      tensors.get(name)!.data[5] = value;
      const error = await refusal('resnet18', 1, await fileOf(tensors));
      expect(error.message).to.equal(
        `FILE cannot be read as weights: ${found}. The training that made the file has failed, or the file is damaged: give other weights.`,
      );
      expect(error).to.include({code: 'WEIGHTS_UNREADABLE', exitCode: 1});
    });
  }

  it('refuses a file that says it is of another depth', async () => {
    const error = await refusal('resnet34', 1, await fileOf(tensorsOf(1), {arch: 'resnet18'}));
    expect(error.message).to.equal(
      'FILE holds weights of resnet18, not of resnet34. Add --arch resnet18.',
    );
    expect(error).to.include({code: 'USAGE', exitCode: 2});
    const other = await refusal(
      'resnet18',
      1,
      await fileOf(tensorsOf(1), {arch: 'efficientnet_b0'}),
    );
    expect(other.message).to.equal(
      'FILE holds weights of efficientnet_b0, not of resnet18. Give weights of a resnet18.',
    );
  });

  const unclear: readonly (readonly [
    metadata: Readonly<Record<string, string>>,
    message: string,
  ])[] = [
    [{stride_on: '2x2'}, 'stride_on "2x2" in its metadata. Use 3x3 or 1x1.'],
    [
      {batch_norm_epsilon: 'small'},
      'batch_norm_epsilon "small" in its metadata. Use a number above 0.',
    ],
    [
      {batch_norm_epsilon: '-1e-5'},
      'batch_norm_epsilon "-1e-5" in its metadata. Use a number above 0.',
    ],
    [
      {preprocessing: '{"mean":'},
      'preprocessing "{\\"mean\\":" in its metadata. Use caffe, or a whole record as JSON.',
    ],
    [
      {preprocessing: 'tf: -1..1'},
      'preprocessing "tf: -1..1" in its metadata. Use caffe, or a whole record as JSON.',
    ],
    [
      {preprocessing: JSON.stringify({...CAFFE_PREPROCESSING, scale: 0})},
      `preprocessing ${JSON.stringify(JSON.stringify({...CAFFE_PREPROCESSING, scale: 0}))} in its metadata. Use ` +
        'caffe, or a whole record as JSON (It: "scale" must be > 0; it is 0.).',
    ],
  ];
  for (const [metadata, message] of unclear) {
    const [[key, text]] = Object.entries(metadata) as [[string, string]];
    it(`does not guess at ${key} ${text.slice(0, 30)}`, async () => {
      const error = await refusal('resnet18', 1, await fileOf(tensorsOf(1), metadata));
      expect(error.message).to.equal(`FILE cannot be read as weights: ${message}`);
      expect(error).to.include({code: 'WEIGHTS_UNREADABLE', exitCode: 1});
    });
  }
});

describe('randomBackbone', () => {
  useBackend();

  it("starts as torchvision's does: filters by their fan-out, batch norms as the identity", () => {
    const backbone = createRandomBackbone('resnet18', 2, 1);
    const tensors = toHost(backbone.weights);
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
      const {weights} = createRandomBackbone('resnet18', lastStage, seed);
      const {data} = toHost(weights, name => name === 'layer1.0.conv1.weight').get(
        'layer1.0.conv1.weight',
      )!;
      disposeWeights(weights);
      return data;
    };
    expect(filter(1, 1)).to.deep.equal(filter(1, 2));
    expect(filter(1, 1)).to.not.deep.equal(filter(2, 1));
  });
});
