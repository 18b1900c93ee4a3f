import {expect} from 'chai';
import {
  byImage,
  countPaired,
  findDisagreements,
} from '../../../src/finetune/run-comparison/paired-images.js';
import {madeUpPredictions} from '../../helpers/made-up-runs.js';

const range = (from: number, to: number): number[] =>
  Array.from({length: to - from}, (_, i) => from + i);

describe('countPaired', () => {
  // scipy.stats.binomtest(a, a + b, 0.5).pvalue of SciPy 1.17.1, which equals
  // statsmodels.stats.contingency_tables.mcnemar([[100, a], [b, 5]], exact=True).pvalue of statsmodels 0.15.0
  for (const [onlyThis, onlyBest, pValue] of [
    [3, 9, 0.14599609375],
    [0, 6, 0.03125],
    [3, 12, 0.03515625],
    [0, 0, 1],
  ] as const)
    it(`equals SciPy for ${onlyThis} images of one run alone and ${onlyBest} of the other`, () => {
      const ofThis = madeUpPredictions({wrong: [...range(0, onlyBest), 30, 31]});
      const ofBest = madeUpPredictions({wrong: [...range(12, 12 + onlyThis), 30, 31]});
      const counts = countPaired(byImage(ofThis), byImage(ofBest), 1);
      expect(counts).to.deep.include({images: 40, onlyThis, onlyBest, bothWrong: 2});
      expect(counts.bothRight).to.equal(38 - onlyThis - onlyBest);
      expect(counts.pValue).to.be.closeTo(pValue, 1e-12);
      expect(counts.isClear).to.equal(pValue < 0.05);
    });

  it('holds a difference for clear over all tests together', () => {
    const [a, b] = [
      byImage(madeUpPredictions({wrong: range(0, 6)})),
      byImage(madeUpPredictions({})),
    ];
    expect(countPaired(a, b, 1).isClear).to.equal(true);
    expect(countPaired(a, b, 2).isClear).to.equal(false);
  });

  it('compares only the images of both runs', () => {
    const a = byImage(madeUpPredictions({images: [0, 30], wrong: [2, 25]}));
    const b = byImage(madeUpPredictions({images: [20, 50], wrong: [21, 45]}));
    expect(countPaired(a, b, 1)).to.deep.include({images: 10, onlyThis: 1, onlyBest: 1});
    expect(countPaired(a, byImage(madeUpPredictions({images: [40, 50]})), 1).images).to.equal(0);
  });

  it('finds images again under other names, and not with other bytes or another class', () => {
    const images = madeUpPredictions({images: [0, 4]});
    const renamed = images.map(each => ({...each, name: `moved/${each.name}`}));
    expect(countPaired(byImage(images), byImage(renamed), 1).images).to.equal(4);
    const changed = images.map(each => ({...each, sha256: 'other'}));
    expect(countPaired(byImage(images), byImage(changed), 1).images).to.equal(0);
    const relabeled = images.map(each => ({...each, truth: 'wasps'}));
    expect(countPaired(byImage(images), byImage(relabeled), 1).images).to.equal(0);
  });

  it('counts exact duplicates as often as both runs have them', () => {
    const [image] = madeUpPredictions({images: [0, 1]});
    const copy = {...image!, name: 'ants/copy.jpg'};
    expect(countPaired(byImage([image!, copy]), byImage([copy, image!]), 1).images).to.equal(2);
    expect(countPaired(byImage([image!, copy]), byImage([image!]), 1).images).to.equal(1);
  });
});

describe('findDisagreements', () => {
  it('lists images that some runs get right and others wrong, the most certain wrong answer first', () => {
    const found = findDisagreements([
      {name: 'a', predictions: madeUpPredictions({wrong: [1, 7, 9]})},
      {name: 'b', predictions: madeUpPredictions({wrong: [4, 9]})},
      {name: 'c', predictions: madeUpPredictions({images: [100, 120], wrong: [101]})},
      {name: 'old'},
    ]);
    expect(found.map(({name}) => name)).to.deep.equal(['bees/7.jpg', 'ants/4.jpg', 'bees/1.jpg']);
    expect(found[1]).to.deep.include({
      truth: 'ants',
      answers: {
        a: {prediction: 'ants', confidence: 0.64},
        b: {prediction: 'bees', confidence: 0.64},
      },
    });
  });
});
