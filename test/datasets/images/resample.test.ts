import {expect} from 'chai';
import fc from 'fast-check';
import {
  resample,
  type DecodedImage,
  type ImageSize,
  type CropBox,
} from '../../../src/datasets/images/resample.js';

/** Bilinear sampling with half-pixel centers, written down as it is defined. */
function reference({data, width}: DecodedImage, window: CropBox, size: ImageSize): number[] {
  const at = (x: number, y: number, channel: number): number =>
    data[((window.top + y) * width + window.left + x) * 3 + channel]!;
  const clamp = (value: number, length: number): number => Math.min(Math.max(value, 0), length - 1);
  return Array.from({length: size.width * size.height * 3}, (_, i) => {
    const x = clamp(
      (((Math.floor(i / 3) % size.width) + 0.5) * window.width) / size.width - 0.5,
      window.width,
    );
    const y = clamp(
      ((Math.floor(i / 3 / size.width) + 0.5) * window.height) / size.height - 0.5,
      window.height,
    );
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [right, bottom] = [clamp(left + 1, window.width), clamp(top + 1, window.height)];
    const upper = at(left, top, i % 3) * (1 - x + left) + at(right, top, i % 3) * (x - left);
    const lower = at(left, bottom, i % 3) * (1 - x + left) + at(right, bottom, i % 3) * (x - left);
    return upper * (1 - y + top) + lower * (y - top);
  });
}

const side = fc.integer({min: 1, max: 12});

describe('resample', () => {
  it('is bilinear to within rounding, for any window and size', () => {
    fc.assert(
      fc.property(
        side,
        side,
        side,
        side,
        side,
        side,
        fc.integer(),
        (x, y, width, height, outWidth, outHeight, seed) => {
          const image = {
            width: x + width,
            height: y + height,
            data: Uint8Array.from(
              {length: (x + width) * (y + height) * 3},
              (_, i) => Math.imul(i + 7, seed | 1) >>> 24,
            ),
          };
          const window = {left: x, top: y, width, height};
          const size = {width: outWidth, height: outHeight};
          const output = resample(image, window, size);
          reference(image, window, size).forEach((value, i) =>
            expect(output[i]).to.be.closeTo(value, 0.6),
          );
        },
      ),
    );
  });

  it('copies a crop that keeps its size', () => {
    const image = {width: 5, height: 4, data: Uint8Array.from({length: 60}, (_, i) => i * 4)};
    expect([
      ...resample(image, {left: 1, top: 2, width: 2, height: 1}, {width: 2, height: 1}),
    ]).to.deep.equal([...image.data.subarray(33, 39)]);
  });

  it('keeps the brightest white and the darkest black', () => {
    const image = {width: 3, height: 3, data: new Uint8Array(27).fill(255)};
    const window = {left: 0, top: 0, width: 3, height: 3};
    expect(new Set(resample(image, window, {width: 7, height: 11}))).to.deep.equal(new Set([255]));
    expect(
      new Set(resample({...image, data: new Uint8Array(27)}, window, {width: 7, height: 11})),
    ).to.deep.equal(new Set([0]));
  });

  it('mirrored is the mirror image', () => {
    const image = {width: 3, height: 2, data: Uint8Array.from({length: 18}, (_, i) => i * 10)};
    const window = {left: 0, top: 0, width: 3, height: 2};
    const plain = resample(image, window, {width: 5, height: 3});
    const mirrored = resample(image, window, {width: 5, height: 3}, true);
    for (let y = 0; y < 3; y++) {
      for (let x = 0; x < 5; x++) {
        const [at, opposite] = [(y * 5 + x) * 3, (y * 5 + 4 - x) * 3];
        expect([...mirrored.subarray(at, at + 3)]).to.deep.equal([
          ...plain.subarray(opposite, opposite + 3),
        ]);
      }
    }
  });
});
