import {expect} from 'chai';
import {UsageError} from '../../../src/core/errors.js';
import {resolveImageSize, resolveLastStage} from '../../../src/finetune/recipe/network-defaults.js';
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
    const side = (recipe: object): number => resolveImageSize(recipe as Recipe);
    expect(side({arch: 'resnet20'})).to.equal(32);
    expect(side({arch: 'resnetv2_50'})).to.equal(224);
    expect(side({arch: 'resnet20', imageSize: 64})).to.equal(64);
  });
});
