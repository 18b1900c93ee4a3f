import {expect} from 'chai';
import {toTorchvision} from '../../src/backbones/convert.js';
import type {WeightsFile, WeightsFormat} from '../../src/backbones/readers/weights-file.js';
import {download} from '../../src/backbones/device-weights.js';
import {readWeights} from '../../src/backbones/readers/read-weights.js';
import {backboneShapes} from '../../src/backbones/resnet-specs.js';
import {weightsMetadata} from '../../src/export/bundle-texts.js';
import {writeLayersModel} from '../../src/export/layers-model-files.js';
import {toLayersModel} from '../../src/export/layers-model.js';
import {useEngine} from '../helpers/engine.js';
import {KERAS_FAMILY, randomClassifier} from '../helpers/random-classifier.js';
import {temporaryDirectory} from '../helpers/temporary.js';

type Tensors = Readonly<Record<string, readonly [shape: readonly number[], values: readonly number[]]>>;

function file(tensors: Tensors, format: WeightsFormat = 'keras-h5', metadata: Readonly<Record<string, string>> = {}): WeightsFile {
  const entries = Object.entries(tensors).map(([name, [shape, values]]) => [name, {shape, data: Float32Array.from(values)}] as const);
  return {path: 'weights', format, metadata, tensors: new Map(entries)};
}

const contents = ({tensors}: WeightsFile): Tensors =>
  Object.fromEntries([...tensors].map(([name, {shape, data}]) => [name, [shape, [...data]] as const]));

const KERAS = {stride_on: '1x1', batch_norm_epsilon: '1.001e-5', preprocessing: 'caffe: BGR, minus 103.939 116.779 123.68, no scaling'};

/** Every weight of Keras Applications' ResNet-50, by its own name (keras/src/applications/resnet.py), one number each. */
function kerasNames(blocks: readonly number[]): string[] {
  const unit = (prefix: string, separator = '_') => [
    ...['kernel', 'bias'].map(part => `${prefix}${separator}conv/${part}:0`),
    ...['gamma', 'beta', 'moving_mean', 'moving_variance'].map(part => `${prefix}${separator}bn/${part}:0`),
  ];
  const names = unit('conv1');
  blocks.forEach((count, stage) => {
    for (let block = 1; block <= count; block++) {
      for (const conv of block === 1 ? [0, 1, 2, 3] : [1, 2, 3]) names.push(...unit(`conv${stage + 2}_block${block}_${conv}`));
    }
  });
  return [...names, 'predictions/kernel:0', 'predictions/bias:0'];
}

describe('toTorchvision', () => {
  it('turns HWIO into OIHW and dense layers around', () => {
    const kernel = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]; // [1, 2, 2, 3]: h w i o
    const converted = toTorchvision(
      file({
        'conv1_conv/kernel:0': [[1, 2, 2, 3], kernel],
        'probs/kernel:0': [
          [2, 3],
          [1, 2, 3, 4, 5, 6],
        ],
        'probs/bias:0': [[3], [7, 8, 9]],
      }),
    );
    expect(contents(converted)).to.deep.equal({
      'conv1.weight': [
        [3, 2, 1, 2],
        [0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11],
      ],
      'fc.weight': [
        [3, 2],
        [1, 4, 2, 5, 3, 6],
      ],
      'fc.bias': [[3], [7, 8, 9]],
    });
    expect(converted.metadata).to.deep.equal(KERAS);
  });

  it('folds a bias into the running mean of the batch norm behind it', () => {
    const converted = toTorchvision(
      file({
        'conv1_conv/bias:0': [[2], [1, 2]],
        'conv1_bn/moving_mean:0': [[2], [10, 10]],
        'conv2_block1_0_conv/bias:0': [[1], [3]],
        'conv2_block1_0_bn/moving_mean:0': [[1], [10]],
        'conv2_block1_2_conv/bias:0': [[1], [4]],
        'conv2_block1_2_bn/moving_mean:0': [[1], [10]],
      }),
    );
    expect(contents(converted)).to.deep.equal({
      'bn1.running_mean': [[2], [9, 8]],
      'layer1.0.downsample.1.running_mean': [[1], [7]],
      'layer1.0.bn2.running_mean': [[1], [6]],
    });
  });

  it('keeps a bias without a batch norm of its width, for the strict load to show', () => {
    const converted = toTorchvision(
      file({'conv2_block1_3_conv/bias': [[1], [3]], 'conv1_conv/bias': [[2], [1, 2]], 'conv1_bn/moving_mean': [[1], [0]]}),
    );
    expect([...converted.tensors.keys()]).to.deep.equal(['layer1.0.conv3.bias', 'conv1.bias', 'bn1.running_mean']);
  });

  for (const [arch, blocks] of [
    ['resnet50', [3, 4, 6, 3]],
    ['resnet101', [3, 4, 23, 3]],
    ['resnet152', [3, 8, 36, 3]],
  ] as const) {
    it(`finds a name for every weight of Keras' ${arch}, and every weight of torchvision's`, () => {
      const tensors = Object.fromEntries(kerasNames(blocks).map(name => [name, [[1], [0]] as const]));
      const expected = [
        ...backboneShapes({arch, lastStage: 4, strideOn: '1x1', batchNormEpsilon: 1.001e-5}).keys(),
        'fc.weight',
        'fc.bias',
      ];
      expect([...toTorchvision(file(tensors)).tensors.keys()]).to.have.members(expected);
    });
  }

  it('knows the names in a tfjs model of Keras Applications, and in a submodel', () => {
    const converted = toTorchvision(file({'conv3_block2_1_bn/gamma': [[1], [2]], 'resnet50/conv1_bn/beta': [[1], [3]]}, 'tfjs'));
    expect(contents(converted)).to.deep.equal({'layer2.1.bn1.weight': [[1], [2]], 'bn1.bias': [[1], [3]]});
    expect(converted.metadata).to.deep.equal(KERAS);
  });

  it("knows the layers of this project's exports, which say themselves of what family they are", () => {
    const tensors: Tensors = {
      'conv1/kernel': [
        [1, 1, 1, 2],
        [1, 2],
      ],
      'layer1.0.downsample.1/gamma': [[1], [2]],
      'layer4.2.bn3/moving_variance': [[1], [3]],
      'fc/kernel': [
        [1, 2],
        [4, 5],
      ],
      'fc.hidden/bias': [[1], [6]],
    };
    const metadata = {stride_on: '3x3', preprocessing: '{"scale":1}'};
    const converted = toTorchvision(file({...tensors, 'normalise/bias': [[3], [1, 2, 3]]}, 'tfjs', metadata));
    expect(contents(converted)).to.deep.equal({
      'conv1.weight': [
        [2, 1, 1, 1],
        [1, 2],
      ],
      'layer1.0.downsample.1.weight': [[1], [2]],
      'layer4.2.bn3.running_var': [[1], [3]],
      'fc.weight': [
        [2, 1],
        [4, 5],
      ],
      'fc.hidden.bias': [[1], [6]],
    });
    expect(converted.metadata).to.deep.equal(metadata);
  });

  it('keeps the second of two weights that mean the same, for the strict load to show', () => {
    const converted = toTorchvision(file({'probs/bias': [[1], [1]], 'predictions/bias': [[1], [2]]}));
    expect(contents(converted)).to.deep.equal({'fc.bias': [[1], [1]], 'predictions/bias': [[1], [2]]});
  });

  it('leaves other names, and the files of torchvision, as they are', () => {
    const other = file({
      'conv2d/kernel:0': [
        [1, 1, 1, 2],
        [1, 2],
      ],
      'conv6_block1_1_conv/kernel': [[1], [1]],
      'constructor/kernel': [[1], [3]],
      'fc/toString': [[1], [4]],
    });
    expect(toTorchvision(other)).to.deep.equal(other);
    const torchvision = file({'conv1.weight': [[1], [1]], 'conv1_conv/kernel': [[1], [1]]}, 'pytorch');
    expect(toTorchvision(torchvision)).to.equal(torchvision);
  });

  describe('of an export', () => {
    useEngine();

    it('gives back every number that was exported, and the family', async () => {
      const classifier = randomClassifier({spec: {arch: 'resnet50', lastStage: 1, ...KERAS_FAMILY}, head: {type: 'mlp'}});
      const expected = download(classifier.weights);
      const model = toLayersModel(classifier);
      model.setUserDefinedMetadata(weightsMetadata(classifier));
      const directory = temporaryDirectory();
      await writeLayersModel(model, directory);
      model.dispose();
      classifier.dispose();
      const {tensors, metadata} = toTorchvision(await readWeights(directory));
      expect([...tensors.keys()]).to.have.members([...expected.keys()]);
      for (const [name, tensor] of tensors) expect(tensor, name).to.deep.equal(expected.get(name));
      expect(metadata).to.include({arch: 'resnet50', stride_on: '1x1', batch_norm_epsilon: '0.00001001'});
    });
  });
});
