import {expect} from 'chai';
import fc from 'fast-check';
import {createRng} from '../../../src/core/rng.js';
import {isMixing, mixBatch} from '../../../src/datasets/augmentation/mixup.js';

const SIZE = 8;
const AREA = SIZE * SIZE * 3;

/** Images of one value each. */
const plain = (...values: readonly number[]): Uint8Array =>
  Uint8Array.from(values.flatMap(value => new Array<number>(AREA).fill(value)));

describe('images of a batch', () => {
  it('are blended with the next by lambda', () => {
    for (let seed = 0; seed < 20; seed++) {
      const images = plain(0, 100, 200);
      const {pairing, lambda} = mixBatch(images, SIZE, {mixupAlpha: 0.4}, createRng(seed));
      expect(pairing).to.deep.equal([1, 2, 0]);
      expect([images[0], images[AREA], images[2 * AREA]]).to.deep.equal([
        Math.round((1 - lambda) * 100),
        Math.round(lambda * 100 + (1 - lambda) * 200),
        Math.round(lambda * 200),
      ]);
    }
  });

  it('are mixed with the images as they were, in a Buffer too', () => {
    for (const mixing of [{mixupAlpha: 0.4}, {cutmixAlpha: 1}]) {
      const images = plain(0, 100, 200);
      const buffer = Buffer.from(images);
      for (const each of [images, buffer]) mixBatch(each, SIZE, mixing, createRng(3));
      expect([...buffer]).to.deep.equal([...images]);
    }
  });

  it('have a rectangle of the next, of the area that lambda leaves', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({min: 0.1, max: 4, noNaN: true}), (seed, cutmixAlpha) => {
        const images = plain(10, 20);
        const {lambda} = mixBatch(images, SIZE, {cutmixAlpha}, createRng(seed));
        expect(lambda).to.be.within(0, 1);
        const own = images.subarray(0, AREA).filter(value => value === 10).length;
        expect(own / AREA).to.be.closeTo(lambda, 1e-9);
        expect(images.subarray(AREA).filter(value => value === 10).length).to.equal(AREA - own);
      }),
      {seed: 1},
    );
  });

  it('are mixed in one way or the other where both are on, and equally for the same stream', () => {
    const draw = (seed: number): Uint8Array => {
      const images = plain(0, 200);
      mixBatch(images, SIZE, {mixupAlpha: 1, cutmixAlpha: 1}, createRng(seed));
      return images;
    };
    const blended = Array.from({length: 200}, (_, seed) => draw(seed)).filter(
      images =>
        new Set(images.subarray(0, AREA)).size === 1 && images[0] !== 0 && images[0] !== 200,
    );
    expect(blended.length).to.be.within(70, 130);
    expect(draw(3)).to.deep.equal(draw(3));
  });

  it('have shares as a Beta distribution has them', () => {
    // Beta(0.4, 0.4): mean 0.5, variance 1 / (4 (2 * 0.4 + 1)) = 0.1389
    const shares = Array.from(
      {length: 4000},
      (_, seed) => mixBatch(plain(0, 1), SIZE, {mixupAlpha: 0.4}, createRng('beta', seed)).lambda,
    );
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length;
    expect(mean).to.be.closeTo(0.5, 0.02); // three standard errors of 0.006
    expect(variance).to.be.closeTo(0.1389, 0.008);
  });

  it('are mixed where a parameter is above 0', () => {
    expect([isMixing({}), isMixing({mixupAlpha: 0}), isMixing({cutmixAlpha: 1})]).to.deep.equal([
      false,
      false,
      true,
    ]);
  });
});
