import {createHash} from 'node:crypto';
import {expect} from 'chai';
import type {FeatureMap} from '../../src/backbones/layers.js';
import {
  backboneShapes,
  borrowedNorm,
  countParameters,
  featureWidth,
  networkBlocks,
  networkConvNorms,
  networkLayers,
} from '../../src/backbones/network.js';
import {
  ARCHS,
  archSpec,
  stageCount,
  stagesOf,
  type Arch,
  type BackboneSpec,
  type ResNetVariant,
} from '../../src/backbones/resnet-specs.js';

const variantOf = (arch: Arch): ResNetVariant => {
  const {strideIn1x1, batchNormEpsilon} = archSpec(arch);
  return {strideIn1x1, batchNormEpsilon};
};

const spec = (arch: Arch, options: Partial<BackboneSpec> = {}): BackboneSpec => ({
  arch,
  lastStage: stageCount(arch),
  ...variantOf(arch),
  ...options,
});

/**
 * Parameters with a head of 1,000 classes, or of 10 for images of CIFAR-10. Published with torchvision's weights (`num_params` of
 * `ResNet*_Weights`), or counted in timm 1.0.31, Keras 3.16 and the shapes of the published CIFAR-10 files. Table 6 of He et al. rounds
 * the CIFAR networks' to 0.27, 0.46, 0.66, 0.85, 1.7 and 19.4 million.
 */
const PUBLISHED: Readonly<Record<Arch, number>> = {
  resnet18: 11_689_512,
  resnet34: 21_797_672,
  resnet50: 25_557_032,
  resnet101: 44_549_160,
  resnet152: 60_192_808,
  resnext50_32x4d: 25_028_904,
  resnext101_32x8d: 88_791_336,
  resnext101_64x4d: 83_455_272,
  wide_resnet50_2: 68_883_240,
  wide_resnet101_2: 126_886_696,
  resnext101_32x4d: 44_177_704,
  resnet50d: 25_576_264,
  resnetaa50d: 25_576_264,
  resnetv2_18: 11_687_720,
  resnetv2_34: 21_795_880,
  resnetv2_50: 25_549_352,
  resnetv2_101: 44_541_480,
  resnetv2_152: 60_185_128,
  // Keras counts the batch norms' statistics too: 25,613,800, 44,675,560 and 60,380,648.
  resnet50v2: 25_568_360,
  resnet101v2: 44_577_896,
  resnet152v2: 60_236_904,
  resnet18_a: 11_515_688,
  // Plus `channels^2 + 2 channels` around each block that keeps its shape: 2, 1, 1 and 1 blocks of the stages.
  resnet18_c: 11_689_512 + 354_304,
  resnet34_a: 21_623_848,
  resnet34_c: 21_797_672 + 919_168,
  plain18: 11_515_688,
  plain34: 21_623_848,
  resnet20: 269_722,
  resnet32: 464_154,
  resnet44: 658_586,
  resnet56: 853_018,
  resnet110: 1_727_962,
  resnet1202: 19_421_274,
  resnet20_b: 272_474,
  resnet32_b: 466_906,
  resnet44_b: 661_338,
  resnet56_b: 855_770,
  resnet110_b: 1_730_714,
  resnet1202_b: 19_424_026,
  resnet20_c: 283_962,
  resnet32_c: 489_594,
  resnet44_c: 695_226,
  resnet56_c: 900_858,
  resnet110_c: 1_826_202,
  resnet1202_c: 20_538_714,
  plain20: 269_722,
  plain32: 464_154,
  plain44: 658_586,
  plain56: 853_018,
  plain110: 1_727_962,
  preact_resnet110: 1_727_962,
  preact_resnet164: 1_703_258,
  preact_resnet1001: 10_327_706,
};

const classesOf = (arch: Arch): number => (archSpec(arch).input === 'cifar' ? 10 : 1000);

/** `layer1.0.conv1.weight 64x64x1x1`, a line a tensor, sorted. */
const listing = (of: BackboneSpec): string[] =>
  [...backboneShapes(of)].map(([name, shape]) => `${name} ${shape.join('x')}`).sort();

describe('the depth table', () => {
  for (const arch of ARCHS) {
    it(`gives ${arch} the published ${PUBLISHED[arch].toLocaleString('en')} parameters`, () => {
      expect(countParameters(spec(arch), classesOf(arch))).to.equal(PUBLISHED[arch]);
    });
  }

  it('counts the head by its classes', () => {
    expect(countParameters(spec('resnet50'), 3) - countParameters(spec('resnet50'), 2)).to.equal(
      2048 + 1,
    );
  });

  // sha256 of the sorted lines `name AxBxCxD`; of a torchvision state dict: every key but fc.* and num_batches_tracked.
  it("names and shapes resnet50's tensors as torchvision does", () => {
    const lines = listing(spec('resnet50'));
    expect(lines).to.have.length(265);
    expect(createHash('sha256').update(lines.join('\n')).digest('hex')).to.equal(
      'f376833009091ead7f613177598b6100ed2143f73ca379f1fda2abba377be305',
    );
    expect(lines).to.include.members([
      'bn1.running_var 64',
      'conv1.weight 64x3x7x7',
      'layer1.0.downsample.0.weight 256x64x1x1',
      'layer2.0.conv1.weight 128x256x1x1',
      'layer2.3.bn3.bias 512',
      'layer4.2.conv2.weight 512x512x3x3',
    ]);
    expect(lines.filter(line => line.includes('downsample.0'))).to.have.length(4);
  });

  it('gives basic blocks no projection where nothing changes', () => {
    const projected = listing(spec('resnet34')).filter(line => line.includes('downsample.0'));
    expect(projected).to.deep.equal([
      'layer2.0.downsample.0.weight 128x64x1x1',
      'layer3.0.downsample.0.weight 256x128x1x1',
      'layer4.0.downsample.0.weight 512x256x1x1',
    ]);
  });

  it('puts the stride where the variant has it, and only there', () => {
    const strides = (strideIn1x1: boolean): number[] =>
      networkConvNorms(spec('resnet50', {strideIn1x1}), 2, 3)
        .slice(0, 3)
        .map(({conv}) => conv.stride);
    expect(strides(false)).to.deep.equal([1, 2, 1]);
    expect(strides(true)).to.deep.equal([2, 1, 1]);
    const halvings = (of: BackboneSpec): number =>
      networkLayers(of).filter(
        layer =>
          (layer.kind === 'conv' || layer.kind === 'maxPool') &&
          layer.stride === 2 &&
          !/downsample/.test(layer.name),
      ).length;
    const pooled = networkLayers(spec('resnetaa50d')).filter(({kind}) => kind === 'averagePool');
    expect(pooled.map(({name}) => name)).to.deep.equal([
      'maxpool',
      ...['layer2.0.aa', 'layer2.0.downsample.0'],
      ...['layer3.0.aa', 'layer3.0.downsample.0'],
      ...['layer4.0.aa', 'layer4.0.downsample.0'],
    ]);
    for (const arch of ARCHS) {
      const {input, antialiased} = archSpec(arch);
      expect(halvings(spec(arch)), arch).to.equal(antialiased ? 1 : input === 'cifar' ? 2 : 5);
    }
    expect(listing(spec('resnet50', {strideIn1x1: true}))).to.deep.equal(listing(spec('resnet50')));
  });

  it('ends a backbone after the stage that is asked for', () => {
    const names = [...backboneShapes(spec('resnet50', {lastStage: 3})).keys()];
    expect(names.some(name => name.startsWith('layer4.'))).to.equal(false);
    expect(names.filter(name => name.startsWith('layer3.')).length).to.be.above(0);
    expect(
      [1, 2, 3, 4].map(lastStage =>
        featureWidth(spec('resnet50', {lastStage} as Partial<BackboneSpec>)),
      ),
    ).to.deep.equal([256, 512, 1024, 2048]);
    expect(
      [1, 2, 3, 4].map(lastStage =>
        featureWidth(spec('resnet18', {lastStage} as Partial<BackboneSpec>)),
      ),
    ).to.deep.equal([64, 128, 256, 512]);
  });

  it('lets every layer read what layers before it give', () => {
    for (const arch of ARCHS) {
      const maps = new Map<string, FeatureMap>([
        ['images', {name: 'images', channels: 3, reduction: 1}],
      ]);
      for (const layer of networkLayers(spec(arch))) {
        const [first, ...others] = layer.inputs.map(name => maps.get(name)!);
        expect(first, layer.name).to.not.equal(undefined);
        expect(maps.has(layer.name), layer.name).to.equal(false);
        for (const {channels, reduction} of others)
          expect([channels, reduction], layer.name).to.deep.equal([
            first!.channels,
            first!.reduction,
          ]);
        if (layer.kind === 'conv') expect(layer.inChannels, layer.name).to.equal(first!.channels);
        else if (layer.kind === 'padChannels')
          expect(layer.channels, layer.name).to.equal(layer.before + first!.channels + layer.after);
        else expect(layer.channels, layer.name).to.equal(first!.channels);
        maps.set(layer.name, layer);
      }
    }
  });

  it('halves images of ImageNet five times, and small ones twice', () => {
    for (const arch of ARCHS) {
      const {input, stridedBlock} = archSpec(arch);
      const reductions = [0, ...stagesOf(arch)].map(
        group => networkLayers(spec(arch), group, group + 1).at(-1)!.reduction,
      );
      const early = stridedBlock === 'first' ? [4, 4, 8, 16, 32] : [4, 8, 16, 32, 32];
      expect(reductions, arch).to.deep.equal(input === 'cifar' ? [1, 1, 2, 4] : early);
    }
  });

  it('ends a pre-activation network that is cut off with the norm of the next block', () => {
    const last = (of: BackboneSpec): string[] =>
      networkLayers(of)
        .slice(-2)
        .map(({name}) => name);
    const cut = spec('resnetv2_50', {lastStage: 3});
    expect(last(cut)).to.deep.equal(['layer3.norm', 'layer3.norm.relu']);
    expect([...borrowedNorm(cut)]).to.deep.equal([['layer3.norm', 'layer4.0.bn1']]);
    expect(last(spec('resnetv2_50'))).to.deep.equal(['layer4.norm', 'layer4.norm.relu']);
    expect([
      ...borrowedNorm(spec('resnetv2_50')),
      ...borrowedNorm(spec('resnet50', {lastStage: 3})),
    ]).to.deep.equal([]);
  });

  it('adds what a shortcut is for', () => {
    const around = (arch: Arch, block: string): string[] =>
      networkLayers(spec(arch))
        .filter(({name}) => name.startsWith(`${block}.`) && !/conv|bn|relu\d/.test(name))
        .map(({kind, name, inputs}) => `${kind} ${name} < ${inputs.join(', ')}`);
    expect(around('resnet20', 'layer2.0')).to.deep.equal([
      'maxPool layer2.0.downsample < layer1.2.relu',
      'padChannels layer2.0.padding < layer2.0.downsample',
      'add layer2.0.add < layer2.0.bn2, layer2.0.padding',
      'relu layer2.0.relu < layer2.0.add',
    ]);
    expect(around('plain20', 'layer2.0')).to.deep.equal(['relu layer2.0.relu < layer2.0.bn2']);
    expect(around('resnet20_c', 'layer2.1')).to.deep.equal([
      'conv layer2.1.downsample.0 < layer2.0.relu',
      'norm layer2.1.downsample.1 < layer2.1.downsample.0',
      'add layer2.1.add < layer2.1.bn2, layer2.1.downsample.1',
      'relu layer2.1.relu < layer2.1.add',
    ]);
    // Where the shape changes, a pre-activation network's shortcut is behind the norm; elsewhere nothing is in its way.
    expect(around('resnetv2_50', 'layer2.0')).to.deep.equal([
      'conv layer2.0.downsample.0 < layer2.0.relu1',
      'add layer2.0.add < layer2.0.conv3, layer2.0.downsample.0',
    ]);
    expect(around('resnet50v2', 'layer2.3')).to.deep.equal([
      'maxPool layer2.3.downsample < layer2.2.add',
      'add layer2.3.add < layer2.3.conv3, layer2.3.downsample',
    ]);
  });

  it('resolves a network once', () => {
    const [first, again] = [networkBlocks(spec('resnet18')), networkBlocks(spec('resnet18'))];
    first.forEach((block, i) => expect(block).to.equal(again[i]));
    const other = networkBlocks(spec('resnet18', {batchNormEpsilon: 1e-3}));
    expect(other[0]).to.not.equal(first[0]);
  });

  it('lists a block in the words of an interpreter', () => {
    const {layers, steps} = networkBlocks(spec('resnet18'), 2)[0]!;
    expect(
      layers.map(({kind, name, inputs}) => `${kind} ${name} < ${inputs.join(', ')}`),
    ).to.deep.equal([
      'conv layer2.0.conv1 < layer1.1.relu',
      'norm layer2.0.bn1 < layer2.0.conv1',
      'relu layer2.0.relu1 < layer2.0.bn1',
      'conv layer2.0.conv2 < layer2.0.relu1',
      'norm layer2.0.bn2 < layer2.0.conv2',
      'conv layer2.0.downsample.0 < layer1.1.relu',
      'norm layer2.0.downsample.1 < layer2.0.downsample.0',
      'add layer2.0.add < layer2.0.bn2, layer2.0.downsample.1',
      'relu layer2.0.relu < layer2.0.add',
    ]);
    expect(steps.map(({kind}) => kind)).to.deep.equal([
      'convNorm',
      'relu',
      'convNorm',
      'convNorm',
      'add',
      'relu',
    ]);
  });
});
