import {expect} from 'chai';
import {embeddingMap} from '../../../src/finetune/explanation/embedding-map.js';
import type {Prepared} from '../../../src/finetune/preparation/prepared.js';

const preparedOf = (labels: readonly number[]): Prepared =>
  ({
    classifier: {classNames: ['ants', 'bees']},
    split: {validation: labels.map((label, i) => ({name: `${i}.jpg`, label}))},
  }) as unknown as Prepared;

describe('the map of the validation images', () => {
  it('has a point for each, with its class and what it was taken for', () => {
    const features = Float32Array.of(0, 0, 2, 0, 8, 0);
    const probabilities = Float32Array.of(0.9, 0.1, 0.2, 0.8, 0.3, 0.7);
    const {points, explained} = embeddingMap(preparedOf([0, 0, 1]), features, probabilities);
    expect(explained).to.be.closeTo(1, 1e-9);
    expect(points.map(({name, truth, prediction}) => [name, truth, prediction])).to.deep.equal([
      ['0.jpg', 'ants', 'ants'],
      ['1.jpg', 'ants', 'bees'],
      ['2.jpg', 'bees', 'bees'],
    ]);
    expect(points.map(({x}) => Math.abs(x))).to.deep.equal([3.333, 1.333, 4.667]);
  });

  it('has at most 1,000 points, from all parts of the list', () => {
    const count = 2500;
    const labels = Array.from({length: count}, (_, i) => i % 2);
    const features = Float32Array.from({length: 2 * count}, (_, i) => (i * 37) % 101);
    const {points} = embeddingMap(
      preparedOf(labels),
      features,
      new Float32Array(2 * count).fill(0.5),
    );
    expect(points).to.have.length(1000);
    expect([points[0]!.name, points[999]!.name]).to.deep.equal(['0.jpg', '2497.jpg']);
  });
});
