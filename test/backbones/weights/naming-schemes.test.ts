import {expect} from 'chai';
import {NAMING_SCHEMES, type NamingScheme} from '../../../src/backbones/weights/naming-schemes.js';
import {schemeKeys, stagePrefixes} from '../../../src/backbones/weights/scheme-keys.js';
import {publishedMetadata} from '../../../src/backbones/weights/weights-metadata.js';
import {backboneShapes} from '../../../src/backbones/network.js';
import {archSpec, stageCount, type Arch} from '../../../src/backbones/resnet-specs.js';
import {toChannelsFirst, subtractBias} from '../../../src/backbones/weights/stored-layout.js';

const keysOf = (arch: Arch): string[] => [
  ...backboneShapes({arch, lastStage: stageCount(arch), ...publishedMetadata(arch)}).keys(),
];

const key = (of: string, name: string): string | undefined =>
  schemeKeys(name).find(({scheme}) => scheme.name === of)?.key;

const NORM = ['gamma', 'beta', 'moving_mean', 'moving_variance'];

/** Every weight of Keras Applications' ResNets, by its own name (keras/src/applications/resnet.py). */
function kerasNames(blocks: readonly number[]): string[] {
  const unit = (prefix: string) => [
    `${prefix}_conv/kernel`,
    ...NORM.map(part => `${prefix}_bn/${part}`),
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

/** The same of its second version (keras/src/applications/resnet_v2.py). */
function kerasV2Names(blocks: readonly number[]): string[] {
  const norm = (name: string): string[] => NORM.map(part => `${name}/${part}`);
  const names = ['conv1_conv/kernel', 'conv1_conv/bias', ...norm('post_bn')];
  blocks.forEach((count, stage) => {
    for (let number = 1; number <= count; number++) {
      const block = `conv${stage + 2}_block${number}`;
      if (number === 1) names.push(`${block}_0_conv/kernel`, `${block}_0_conv/bias`);
      for (const each of ['preact', '1', '2']) names.push(...norm(`${block}_${each}_bn`));
      for (const each of [1, 2, 3]) names.push(`${block}_${each}_conv/kernel`);
      names.push(`${block}_3_conv/bias`);
    }
  });
  return names;
}

/** Names of a ResNet-50 in a scheme, by the first of its templates, with our keys. */
function* namesIn({conv, shortcut, parameters}: NamingScheme): Generator<[string, string]> {
  const fill = (template: string, s: number, b: number, k: number): string =>
    template.replace(/\{([sbk])([+-]\d)?(:a)?\}/g, (_, index: string, plus = '0', letter) => {
      const value = {s, b, k}[index]! + Number(plus);
      return letter === undefined ? String(value) : 'abcdefgh'[value]!;
    });
  const {separator, norm, conv: convParameters} = parameters;
  for (const [stage, count] of archSpec('resnet50').blocksPerStage.entries())
    for (let b = 0; b < count; b++)
      for (const k of b === 0 ? [0, 1, 2, 3] : [1, 2, 3]) {
        const [convName, normName] = (k === 0 ? shortcut : conv)[0]!;
        const block = `layer${stage + 1}.${b}`;
        const [ofConv, ofNorm] =
          k === 0 ? ['downsample.0', 'downsample.1'] : [`conv${k}`, `bn${k}`];
        const place = [stage + 1, b, k] as const;
        yield [
          `${fill(convName, ...place)}${separator}${convParameters.weight![0]}`,
          `${block}.${ofConv}.weight`,
        ];
        yield [
          `${fill(normName, ...place)}${separator}${norm.running_var![0]}`,
          `${block}.${ofNorm}.running_var`,
        ];
      }
}

describe('naming schemes', () => {
  for (const scheme of NAMING_SCHEMES.filter(({name}) => !/V2|v2/.test(name))) {
    it(`find every layer of a block by its name: ${scheme.name} (${scheme.stage.join(', ')})`, () => {
      const prefixes = stagePrefixes(scheme);
      for (const [name, expected] of namesIn(scheme)) {
        expect(schemeKeys(name).find(found => found.scheme === scheme)?.key, name).to.equal(
          expected,
        );
        expect(
          prefixes.some(prefix => name.startsWith(prefix)),
          name,
        ).to.equal(true);
      }
    });
  }

  for (const [arch, blocks] of [
    ['resnet50', [3, 4, 6, 3]],
    ['resnet101', [3, 4, 23, 3]],
    ['resnet152', [3, 8, 36, 3]],
  ] as const) {
    it(`know the names of Keras Applications' ${arch} and ${arch}v2`, () => {
      const keys = kerasNames(blocks).map(name => key('Keras Applications', name));
      expect(keys).to.have.members(keysOf(arch));
      const v2 = kerasV2Names(blocks).map(name => key('Keras Applications V2', name));
      expect(v2).to.have.members(keysOf(`${arch}v2`));
    });
  }

  it('know the layers by the names that libraries give them', () => {
    for (const [scheme, name, expected] of [
      [
        'Hugging Face',
        'encoder.stages.1.layers.0.shortcut.normalization.running_var',
        'layer2.0.downsample.1.running_var',
      ],
      [
        'Hugging Face',
        'encoder.stages.3.layers.2.layer.2.convolution.weight',
        'layer4.2.conv3.weight',
      ],
      ['detectron2', 'res4.5.conv2.norm.bias', 'layer3.5.bn2.bias'],
      ['Keras 2.0', 'bn3c_branch2b/gamma', 'layer2.2.bn2.weight'],
      ['finetune for tfjs', 'layer1.0.downsample.1/gamma', 'layer1.0.downsample.1.weight'],
      ['numbered children', '7.2.conv3.weight', 'layer4.2.conv3.weight'],
      ['torchvision', 'layer0.1.running_mean', 'bn1.running_mean'],
      ['torchvision', 'layer1.199.conv1.weight', 'layer1.199.conv1.weight'],
      ['torchvision', 'conv1.6.weight', 'conv1.6.weight'],
      ['torchvision', 'layer1.0.downsample.2.running_var', 'layer1.0.downsample.2.running_var'],
      ['torchvision', 'layer3.norm.weight', 'layer3.norm.weight'],
      ['timm resnetv2', 'stages.3.blocks.2.norm3.running_mean', 'layer4.2.bn3.running_mean'],
      ['timm resnetv2', 'stages.0.blocks.0.downsample.conv.weight', 'layer1.0.downsample.0.weight'],
      ['timm resnetv2', 'norm.bias', 'layer4.norm.bias'],
      ['timm resnetv2', 'stem.conv.weight', 'conv1.weight'],
    ] as const)
      expect(key(scheme, name), name).to.equal(expected);
  });

  it('know no other numbers', () => {
    for (const name of [
      'layer5.0.conv1.weight',
      'layer0.0.conv1.weight',
      'layer1.00.conv1.weight',
      'layer1.0.conv0.weight',
      'conv2.weight',
    ])
      expect(key('torchvision', name), name).to.equal(undefined);
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
