import {expect} from 'chai';
import {ARCHS, type Arch} from '../../../src/backbones/resnet-specs.js';
import {findPairs, networkKind, networkTraits} from '../../../src/report/study/network-traits.js';

const pairsOf = (...archs: Arch[]): string[] =>
  findPairs(archs).map(({differsIn, from, to}) => `${differsIn}: ${from} -> ${to}`);

describe('the traits of a network', () => {
  it('have the depth of its name', () => {
    const named = ARCHS.flatMap(arch => {
      const depth = /^(?:preact_)?(?:plain|resnet|resnext|wide_resnet|resnetv2_)(\d+)/.exec(
        arch,
      )?.[1];
      return depth === undefined ? [] : [[arch, Number(depth)] as const];
    });
    expect(named.length).to.be.above(40);
    // Of "50", the bottlenecks have 49 convolutions on the longest way; the projection of ResNet-D is beside it.
    expect(named.filter(([arch, depth]) => networkTraits(arch).depth !== depth)).to.deep.equal([]);
  });

  it('are plain, residual or with pre-activation', () => {
    const kinds = (['plain20', 'resnet20', 'preact_resnet110'] as const).map(arch =>
      networkKind(networkTraits(arch)),
    );
    expect(kinds).to.deep.equal(['plain', 'residual', 'pre-activation']);
  });
});

describe('the pairs of a study', () => {
  it('differ in one trait', () => {
    expect(pairsOf('plain20', 'plain56', 'resnet20', 'resnet56')).to.deep.equal([
      'depth: plain20 -> plain56',
      'depth: resnet20 -> resnet56',
      'shortcut: plain20 -> resnet20',
      'shortcut: plain56 -> resnet56',
    ]);
    expect(pairsOf('resnet110', 'preact_resnet110')).to.deep.equal([
      'preActivation: resnet110 -> preact_resnet110',
    ]);
    expect(pairsOf('plain20', 'resnet56')).to.deep.equal([]);
    expect(pairsOf('resnet20', 'resnet18')).to.deep.equal([]);
  });

  it('are next to each other, whatever the order of the networks', () => {
    expect(pairsOf('resnet110', 'resnet20', 'resnet56')).to.deep.equal([
      'depth: resnet20 -> resnet56',
      'depth: resnet56 -> resnet110',
    ]);
    expect(pairsOf('resnet34_c', 'plain34', 'resnet34', 'resnet34_a')).to.deep.equal([
      'shortcut: plain34 -> resnet34_a',
      'shortcut: resnet34_a -> resnet34',
      'shortcut: resnet34 -> resnet34_c',
    ]);
  });
});
