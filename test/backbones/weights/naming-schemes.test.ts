import {expect} from 'chai';
import {
  NAMING_SCHEMES,
  schemeNames,
  stagePrefixes,
} from '../../../src/backbones/weights/naming-schemes.js';
import {backboneShapes} from '../../../src/backbones/network.js';
import {ARCHS, type Arch, type BackboneSpec} from '../../../src/backbones/resnet-specs.js';
import {toChannelsFirst, subtractBias} from '../../../src/backbones/weights/stored-layout.js';

const specOf = (arch: Arch): BackboneSpec => ({
  arch,
  lastStage: 4,
  strideIn1x1: false,
  batchNormEpsilon: 1e-5,
});
const scheme = (name: string) => NAMING_SCHEMES.find(candidate => candidate.name === name)!;

/** Every weight of Keras Applications' ResNets, by its own name (keras/src/applications/resnet.py). */
function kerasNames(blocks: readonly number[]): string[] {
  const unit = (prefix: string) => [
    ...['kernel', 'bias'].map(part => `${prefix}_conv/${part}`),
    ...['gamma', 'beta', 'moving_mean', 'moving_variance'].map(part => `${prefix}_bn/${part}`),
  ];
  const names = unit('conv1');
  blocks.forEach((count, stage) => {
    for (let block = 1; block <= count; block++) {
      for (const conv of block === 1 ? [0, 1, 2, 3] : [1, 2, 3])
        names.push(...unit(`conv${stage + 2}_block${block}_${conv}`));
    }
  });
  return names;
}

describe('naming schemes', () => {
  for (const candidate of NAMING_SCHEMES) {
    it(`have a name for every tensor of every depth: ${candidate.name} (${candidate.stage.join(', ')})`, () => {
      for (const arch of ARCHS) {
        const names = schemeNames(candidate, arch);
        const keys = new Set(
          [...names.values()].filter(key => !/(?:conv\d|downsample\.0)\.bias$/.test(key)),
        );
        expect([...keys]).to.have.members([...backboneShapes(specOf(arch)).keys()]);
        const inStages = [...names]
          .filter(([, key]) => key.startsWith('layer'))
          .map(([name]) => name);
        const prefixes = stagePrefixes(candidate);
        expect(
          inStages.filter(name => !prefixes.some(prefix => name.startsWith(prefix))),
        ).to.deep.equal([]);
      }
    });
  }

  for (const [arch, blocks] of [
    ['resnet50', [3, 4, 6, 3]],
    ['resnet101', [3, 4, 23, 3]],
    ['resnet152', [3, 8, 36, 3]],
  ] as const) {
    it(`know the names of Keras Applications' ${arch}, and no others`, () => {
      expect([...schemeNames(scheme('Keras Applications'), arch).keys()]).to.have.members(
        kerasNames(blocks),
      );
    });
  }

  it('know the layers by the names that libraries give them', () => {
    const key = (of: string, name: string) => schemeNames(scheme(of), 'resnet50').get(name);
    expect(
      key('Hugging Face', 'encoder.stages.1.layers.0.shortcut.normalization.running_var'),
    ).to.equal('layer2.0.downsample.1.running_var');
    expect(key('Hugging Face', 'encoder.stages.3.layers.2.layer.2.convolution.weight')).to.equal(
      'layer4.2.conv3.weight',
    );
    expect(key('detectron2', 'res4.5.conv2.norm.bias')).to.equal('layer3.5.bn2.bias');
    expect(key('Keras 2.0', 'bn3c_branch2b/gamma')).to.equal('layer2.2.bn2.weight');
    expect(key('finetune for tfjs', 'layer1.0.downsample.1/gamma')).to.equal(
      'layer1.0.downsample.1.weight',
    );
    expect(key('numbered children', '7.2.conv3.weight')).to.equal('layer4.2.conv3.weight');
    expect(key('torchvision', 'layer0.1.running_mean')).to.equal('bn1.running_mean');
    expect(key('torchvision', 'layer1.3.conv1.weight')).to.equal(undefined);
  });
});

describe('stored layouts', () => {
  const stored = (shape: readonly number[], values: readonly number[]) => ({
    shape,
    read: async () => Float32Array.from(values),
  });

  it('turn HWIO into OIHW and dense layers around, when they are read', async () => {
    const filter = toChannelsFirst(stored([1, 2, 2, 3], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]));
    expect(filter.shape).to.deep.equal([3, 2, 1, 2]);
    expect([...(await filter.read())]).to.deep.equal([0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11]);
    const dense = toChannelsFirst(stored([2, 3], [1, 2, 3, 4, 5, 6]));
    expect([dense.shape, [...(await dense.read())]]).to.deep.equal([
      [3, 2],
      [1, 4, 2, 5, 3, 6],
    ]);
    const vector = toChannelsFirst(stored([3], [7, 8, 9]));
    expect([vector.shape, [...(await vector.read())]]).to.deep.equal([[3], [7, 8, 9]]);
  });

  it('take a bias from a running mean', async () => {
    expect([
      ...(await subtractBias(stored([2], [10, 10]), stored([2], [1, 2])).read()),
    ]).to.deep.equal([9, 8]);
  });
});
