import {expect} from 'chai';
import {sampleMap, type PlacedMap} from '../../../src/datasets/activation-maps/placed-map.js';

const MAP: PlacedMap = {
  rows: 2,
  columns: 2,
  values: Float32Array.of(0, 1, 2, 3),
  region: {left: 10, top: 20, width: 40, height: 40},
};

describe('an activation map over an image', () => {
  it('has the values of its places in their middles', () => {
    expect([sampleMap(MAP, 20, 30), sampleMap(MAP, 40, 30)]).to.deep.equal([0, 1]);
    expect([sampleMap(MAP, 20, 50), sampleMap(MAP, 40, 50)]).to.deep.equal([2, 3]);
  });

  it('goes from one to the next in a straight line, and stays as it is at the border', () => {
    expect(sampleMap(MAP, 30, 40)).to.equal(1.5);
    expect(sampleMap(MAP, 30, 30)).to.equal(0.5);
    expect(sampleMap(MAP, 10, 20)).to.equal(0);
    expect(sampleMap(MAP, 49, 59)).to.equal(3);
  });

  it('has no value where the network does not look', () => {
    for (const [x, y] of [
      [9, 40],
      [50, 40],
      [30, 19],
      [30, 60],
    ] as const)
      // prettier-ignore
      expect(sampleMap(MAP, x, y), `${x}, ${y}`).to.equal(undefined);
  });
});
