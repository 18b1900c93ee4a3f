import {expect} from 'chai';
import {createRng} from '../../../src/core/rng.js';
import {ADJUSTMENTS, jitterColors} from '../../../src/datasets/augmentation/color-jitter.js';

const adjusted = (
  name: keyof typeof ADJUSTMENTS,
  factor: number,
  ...values: number[]
): number[] => {
  const pixels = Uint8Array.from(values);
  ADJUSTMENTS[name](pixels, factor);
  return [...pixels];
};

describe('color adjustments', () => {
  it('brightness blends with black', () => {
    expect(adjusted('brightness', 0.5, 0, 100, 255)).to.deep.equal([0, 50, 127]);
    expect(adjusted('brightness', 1.5, 10, 100, 255)).to.deep.equal([15, 150, 255]);
  });

  it('contrast blends with the mean gray of the image', () => {
    expect(adjusted('contrast', 0.5, 0, 0, 0, 200, 200, 200)).to.deep.equal([
      50, 50, 50, 150, 150, 150,
    ]);
    expect(adjusted('contrast', 2, 50, 50, 50, 250, 250, 250)).to.deep.equal([
      0, 0, 0, 255, 255, 255,
    ]);
  });

  it('saturation blends with the gray of each pixel', () => {
    expect(adjusted('saturation', 0, 255, 0, 0)).to.deep.equal([76, 76, 76]);
    expect(adjusted('saturation', 1, 12, 34, 56)).to.deep.equal([12, 34, 56]);
    expect(adjusted('saturation', 2, 100, 50, 50)).to.deep.equal([135, 35, 35]);
  });
});

describe('jitterColors', () => {
  it('applies the adjustments in a random order', () => {
    const jitter = {brightness: 0.4, contrast: 0.4, saturation: 0.4};
    const results = Array.from({length: 50}, (_, seed) => {
      const pixels = Uint8Array.from([200, 100, 50, 20, 40, 240]);
      jitterColors(pixels, jitter, createRng(seed));
      return pixels.join();
    });
    expect(new Set(results).size).to.be.above(45);
  });

  it('draws as many numbers for a jitter of nothing, and changes nothing', () => {
    const stream = createRng(1);
    const other = createRng(1);
    const pixels = Uint8Array.from([200, 100, 50]);
    jitterColors(pixels, {brightness: 0, contrast: 0, saturation: 0}, stream);
    expect([...pixels]).to.deep.equal([200, 100, 50]);
    jitterColors(pixels, {brightness: 0.1, contrast: 0.1, saturation: 0.1}, other);
    expect(stream.next()).to.equal(other.next());
  });
});
