import {expect} from 'chai';
import {findNearest, suggest} from '../../../src/core/text/suggest.js';

const KNOWN = ['arch', 'batchSize', 'epochs', 'lastStage', 'seed', 'valSplit'];

describe('nearest', () => {
  const cases: readonly (readonly [typed: string, meant: string | undefined, why: string])[] = [
    ['arhc', 'arch', 'neighbors swapped'],
    ['epoch', 'epochs', 'a letter missing'],
    ['epochss', 'epochs', 'a letter too many'],
    ['batchsize', 'batchSize', 'another case'],
    ['lastStagr', 'lastStage', 'a wrong letter'],
    ['split', undefined, 'three letters from valSplit are too many for so short a word'],
    ['validationSplit', undefined, 'nothing near'],
    ['xyz', undefined, 'nothing alike'],
    ['seed', 'seed', 'the word itself'],
  ];
  for (const [typed, meant, why] of cases) {
    it(`takes ${typed} for ${meant ?? 'nothing known'}: ${why}`, () =>
      expect(findNearest(typed, KNOWN)).to.equal(meant));
  }

  it('finds nothing among nothing', () => expect(findNearest('arch', [])).to.equal(undefined));

  it('takes the first of two that are as near', () =>
    expect(findNearest('cat', ['bat', 'rat'])).to.equal('bat'));
});

describe('nearest, for a word as long as a file', () => {
  it('takes no time', () => {
    const begin = performance.now();
    expect(findNearest('x'.repeat(1_000_000), ['resnet18', 'resnet34'])).to.equal(undefined);
    expect(performance.now() - begin).to.be.below(100);
  });
});

describe('suggestion', () => {
  it('asks back, with the prefix of what is meant', () => {
    expect(suggest('epoch', KNOWN)).to.equal('; did you mean epochs?');
    expect(suggest('epoch', KNOWN, '--')).to.equal('; did you mean --epochs?');
  });

  it('says nothing where nothing is near', () => expect(suggest('xyz', KNOWN)).to.equal(''));
});
