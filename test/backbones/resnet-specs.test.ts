import {createHash} from 'node:crypto';
import {expect} from 'chai';
import type {FeatureMap} from '../../src/backbones/layers.js';
import {
  backboneShapes,
  countParameters,
  featureWidth,
  networkBlocks,
  networkConvNorms,
  networkLayers,
} from '../../src/backbones/network.js';
import {ARCHS, type Arch, type BackboneSpec} from '../../src/backbones/resnet-specs.js';

const spec = (arch: Arch, options: Partial<BackboneSpec> = {}): BackboneSpec => ({
  arch,
  lastStage: 4,
  strideIn1x1: false,
  batchNormEpsilon: 1e-5,
  ...options,
});

/** Published with torchvision's weights (`num_params` of `ResNet*_Weights`). */
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
};

/** `layer1.0.conv1.weight 64x64x1x1`, a line a tensor, sorted. */
const listing = (of: BackboneSpec): string[] =>
  [...backboneShapes(of)].map(([name, shape]) => `${name} ${shape.join('x')}`).sort();

describe('the depth table', () => {
  for (const arch of ARCHS) {
    it(`gives ${arch} the published ${PUBLISHED[arch].toLocaleString('en')} parameters`, () => {
      expect(countParameters(spec(arch), 1000)).to.equal(PUBLISHED[arch]);
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
      networkConvNorms(of).filter(
        ({conv: {name, stride}}) => stride === 2 && !/downsample/.test(name),
      ).length;
    for (const arch of ARCHS) expect(halvings(spec(arch))).to.equal(4);
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
        else expect(layer.channels, layer.name).to.equal(first!.channels);
        maps.set(layer.name, layer);
      }
    }
  });

  it('halves images five times', () => {
    for (const arch of ARCHS) {
      const reductions = [0, 1, 2, 3, 4].map(
        group => networkLayers(spec(arch), group, group + 1).at(-1)!.reduction,
      );
      expect(reductions).to.deep.equal([4, 4, 8, 16, 32]);
    }
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
