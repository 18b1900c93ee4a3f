import {expect} from 'chai';
import {UsageError} from '../../../src/core/errors.js';
import {
  resolveArch,
  resolveImageSize,
  resolveLastStage,
} from '../../../src/finetune/recipe/network-defaults.js';
import type {Recipe} from '../../../src/finetune/recipe/recipe.js';

describe('what a network decides', () => {
  it('ends a backbone after the last stage that the network has', () => {
    expect(resolveLastStage({})).to.equal(4);
    expect(resolveLastStage({arch: 'resnet20'})).to.equal(3);
    expect(resolveLastStage({arch: 'resnet20', lastStage: 2})).to.equal(2);
    expect(() => resolveLastStage({arch: 'resnet20', lastStage: 4})).to.throw(
      UsageError,
      '--last-stage 4 is too high: resnet20 has 3 stages. Leave it out to use them all.',
    );
  });

  it('takes images of the size that the network was designed for', () => {
    const side = (recipe: object): number =>
      resolveImageSize({weights: 'none', ...recipe} as Recipe);
    expect(side({arch: 'resnet20'})).to.equal(32);
    expect(side({arch: 'resnetv2_50'})).to.equal(224);
    expect(side({arch: 'resnet20', imageSize: 64})).to.equal(64);
  });

  it('takes images of the size of published weights', () => {
    const side = (weights: string, imageSize?: number): number =>
      resolveImageSize({arch: 'resnet18', weights, ...(imageSize && {imageSize})});
    expect(side('resnet18.tiny-imagenet')).to.equal(64);
    expect(side('embedded')).to.equal(64);
    expect(side('embedded', 96)).to.equal(96);
    expect(side('resnet18.imagenet1k-v1')).to.equal(224);
    expect(side('./mine.pth')).to.equal(224);
  });

  it('is the network of named weights where none is given', () => {
    expect(resolveArch({weights: 'embedded'})).to.equal('resnet18');
    expect(resolveArch({weights: 'resnet101.a1h-in1k'})).to.equal('resnet101');
    for (const weights of ['auto', 'none', 'v2', './resnet18.pth'])
      expect(resolveArch({weights}), weights).to.equal('resnet50');
    expect(resolveArch({weights: 'embedded', arch: 'resnet50'})).to.equal('resnet50');
    expect(resolveArch({})).to.equal('resnet50');
  });
});
