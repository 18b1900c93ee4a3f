import {expect} from 'chai';
import {
  recommend,
  recommendEpochs,
  recommendProbeEpochs,
  recommendSchedule,
  type DatasetStats,
} from '../../../src/finetune/recipe/recommend.js';

const facts = (options: Partial<DatasetStats>): DatasetStats => ({
  images: 1000,
  classes: 10,
  smallestClass: 80,
  largestClass: 100,
  pretrained: true,
  gpu: false,
  ...options,
});

describe('what is recommended', () => {
  const schedules: readonly (readonly [
    facts: Partial<DatasetStats>,
    schedule: string,
    reason: string,
  ])[] = [
    [
      {images: 199},
      'probe',
      'about 199 training images, 80 in the smallest class: too few, the backbone would overfit',
    ],
    [
      {images: 200},
      'probe-then-last-stage',
      'about 200 training images carry the head and the last stage',
    ],
    [
      {smallestClass: 9},
      'probe',
      'about 1,000 training images, 9 in the smallest class: too few, the backbone would overfit',
    ],
    [
      {smallestClass: 10},
      'probe-then-last-stage',
      'about 1,000 training images carry the head and the last stage',
    ],
    [
      {images: 1999, gpu: true},
      'probe-then-last-stage',
      'about 1,999 training images carry the head and the last stage',
    ],
    [
      {images: 2000, gpu: true},
      'probe-then-full',
      'about 2,000 training images carry the whole network',
    ],
    [
      {images: 2000},
      'probe-then-last-stage',
      'about 2,000 training images would carry the whole network, but on a CPU that takes hours; --freeze probe-then-full does it',
    ],
    [
      {images: 1999, embedded: true},
      'probe',
      'about 1,999 training images are too few to improve the embedded weights',
    ],
    [
      {images: 2000, embedded: true},
      'probe-then-full',
      'about 2,000 training images improve the embedded weights, and images of 64 pixels train fast',
    ],
    [{images: 20, pretrained: false}, 'full', 'random weights have no features to keep frozen'],
  ];
  for (const [given, value, reason] of schedules) {
    it(`of ${JSON.stringify(given)} is ${value}`, () => {
      expect(recommendSchedule(facts(given))).to.deep.equal({value, reason});
    });
  }

  it('of epochs: about 10,000 images shown on a CPU, 40,000 on a GPU, never below or above what makes sense', () => {
    const of = (options: Partial<DatasetStats>): number => recommendEpochs(facts(options)).value;
    expect([100, 1000, 1429, 2500, 5000, 100_000].map(images => of({images}))).to.deep.equal([
      8, 8, 7, 4, 2, 2,
    ]);
    expect([100, 4000, 8000, 100_000].map(images => of({images, gpu: true}))).to.deep.equal([
      15, 10, 5, 5,
    ]);
    expect([50, 320, 1000].map(images => of({images, pretrained: false}))).to.deep.equal([
      100, 25, 10,
    ]);
    expect([2000, 3500, 10_000, 100_000].map(images => of({images, embedded: true}))).to.deep.equal(
      [15, 14, 5, 3],
    );
    expect(recommendEpochs(facts({images: 3500, embedded: true})).reason).to.equal(
      'about 49,000 images shown, since the embedded weights have seen few',
    );
    expect(recommendEpochs(facts({})).reason).to.equal(
      'about 8,000 images shown, from a head that is fitted already',
    );
    expect(recommendEpochs(facts({images: 320, pretrained: false})).reason).to.equal(
      'random weights need about 8,000 images shown',
    );
    expect(recommendEpochs(facts({images: 300_000, pretrained: false})).reason).to.equal(
      'random weights need about 3,000,000 images shown',
    );
  });

  it('of probe epochs: 500 updates, from 5 to 60 epochs', () => {
    const of = (images: number, batchSize = 32): number =>
      recommendProbeEpochs(facts({images}), batchSize);
    expect([1, 100, 267, 1000, 1_000_000].map(images => of(images))).to.deep.equal([
      60, 60, 60, 16, 5,
    ]);
    expect(of(1000, 64)).to.equal(32);
  });

  const edges: readonly (readonly [facts: Partial<DatasetStats>, values: object])[] = [
    [{images: 1999}, {views: 2}],
    [{images: 2000}, {views: 1}],
    [{images: 199}, {augment: 'light'}],
    [{images: 200}, {augment: 'standard'}],
    [{images: 9999}, {batchSize: 32}],
    [{images: 10_000}, {batchSize: 64}],
    [{classes: 50, smallestClass: 19}, {labelSmoothing: 0.05}],
    [{classes: 49, smallestClass: 19}, {labelSmoothing: 0.1}],
    [{classes: 50, smallestClass: 20}, {labelSmoothing: 0.1}],
    [{pretrained: true}, {lr: 1e-4, batchNorm: 'inference', weightDecay: 0.01}],
    [
      {images: 1999, embedded: true},
      {views: 2, freeze: 'probe'},
    ],
    [
      {images: 2000, embedded: true},
      {views: 1, lr: 1e-4},
    ],
    [{pretrained: false}, {lr: 1e-3, batchNorm: 'training', augment: 'light', freeze: 'full'}],
  ];
  for (const [given, values] of edges) {
    it(`of ${JSON.stringify(given)} is ${JSON.stringify(values)}`, () =>
      expect(recommend(facts(given)).values).to.include(values));
  }

  it('of classes of different sizes is a weight in the loss, from twice the smallest on', () => {
    expect(recommend(facts({smallestClass: 100, largestClass: 199})).values.classBalance).to.equal(
      'none',
    );
    const {values, reasons} = recommend(facts({smallestClass: 100, largestClass: 340}));
    expect(values.classBalance).to.equal('weighted-loss');
    expect(reasons.get('classBalance')).to.equal(
      'the largest class has 3.4 times the images of the smallest, so an image weighs the more in the loss the rarer its class, ' +
        'and the best epoch is chosen by balanced accuracy; --class-balance none trains for accuracy',
    );
    expect(
      recommend(facts({smallestClass: 0, largestClass: 1200})).reasons.get('classBalance'),
    ).to.contain('has 1,200 times the images');
  });

  it('comes with a reason where it is not obvious', () => {
    expect([...recommend(facts({})).reasons]).to.deep.equal([
      ['freeze', 'about 1,000 training images carry the head and the last stage'],
      ['epochs', 'about 8,000 images shown, from a head that is fitted already'],
      ['batchNorm', 'stored batch-norm statistics are better than those of small batches'],
    ]);
    expect(recommend(facts({pretrained: false})).reasons.get('batchNorm')).to.equal(
      'random weights have no statistics yet',
    );
  });
});
