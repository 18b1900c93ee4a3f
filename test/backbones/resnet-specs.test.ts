import {createHash} from 'node:crypto';
import {expect} from 'chai';
import {
  ARCHS,
  backboneShapes,
  convolutions,
  countParameters,
  featureWidth,
  stageBlocks,
  type Arch,
  type BackboneSpec,
} from '../../src/backbones/resnet-specs.js';

const spec = (arch: Arch, options: Partial<BackboneSpec> = {}): BackboneSpec => ({
  arch,
  lastStage: 4,
  strideOn: '3x3',
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

  it('puts the stride where the family has it, and only there', () => {
    const strides = (strideOn: '3x3' | '1x1'): number[] =>
      stageBlocks(spec('resnet50', {strideOn}), 2)[0]!.path.map(({stride}) => stride);
    expect(strides('3x3')).to.deep.equal([1, 2, 1]);
    expect(strides('1x1')).to.deep.equal([2, 1, 1]);
    const halvings = (of: BackboneSpec): number =>
      convolutions(of).filter(({conv, stride}) => stride === 2 && !/downsample/.test(conv)).length;
    for (const arch of ARCHS) expect(halvings(spec(arch))).to.equal(4);
    expect(listing(spec('resnet50', {strideOn: '1x1'}))).to.deep.equal(listing(spec('resnet50')));
  });

  it('ends a backbone where it is told to', () => {
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

  it('every convolution takes what the one before gives', () => {
    for (const arch of ARCHS) {
      let channels = 64;
      for (const stage of [1, 2, 3, 4]) {
        for (const {path, projection} of stageBlocks(spec(arch), stage)) {
          const input = channels;
          for (const conv of path) {
            expect(conv.inChannels, conv.conv).to.equal(channels);
            channels = conv.outChannels;
          }
          const shortcut = projection === undefined ? input : projection.outChannels;
          expect(projection?.inChannels ?? input).to.equal(input);
          expect(shortcut, path[0]!.conv).to.equal(channels);
        }
      }
    }
  });
});
