import {expect} from 'chai';
import sharp from 'sharp';
import {
  CAFFE_PREPROCESSING,
  computeFillColor,
  TORCHVISION_PREPROCESSING,
  withFit,
  type Fit,
} from '../../../src/core/preprocessing.js';
import {decodeBytes, readDecodedSize} from '../../../src/datasets/images/decode.js';
import {letterbox, removeLetterbox} from '../../../src/datasets/images/resize-plan.js';

const fitted = (fit: Fit) =>
  withFit({...TORCHVISION_PREPROCESSING, cropSize: 64, resizeSize: 73}, fit);

/** Waves of three colors, the same that Pillow was given. */
function waves(width: number, height: number): Promise<Buffer> {
  const wave = (value: number): number => Math.trunc(127 + 100 * value);
  const data = Uint8Array.from({length: width * height * 3}, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return [
      wave(Math.sin(x / 17 + y / 23)),
      wave(Math.cos(x / 11)),
      wave(Math.sin(y / 7 + x / 31)),
    ][i % 3]!;
  });
  return sharp(data, {raw: {width, height, channels: 3}})
    .png()
    .toBuffer();
}

/**
 * Pillow 12: `im.resize((64, 64), BILINEAR)` and `ImageOps.pad(im, (64, 64), BILINEAR, color=(124, 116, 104))`. libvips rounds between its two
 * passes where Pillow does not: over these images the greatest difference is 6 of 255, the mean at most 0.45.
 */
const PILLOW: readonly (readonly [
  width: number,
  height: number,
  fit: Fit,
  pixels: readonly (readonly number[])[],
])[] = [
  [
    300,
    200,
    'squash',
    [
      [0, 0, 146, 223, 153],
      [12, 5, 125, 61, 130],
      [20, 40, 223, 120, 175],
      [32, 32, 195, 159, 173],
      [50, 30, 173, 218, 218],
    ],
  ],
  [
    300,
    200,
    'pad',
    [
      [0, 0, 124, 116, 104],
      [12, 5, 218, 61, 191],
      [20, 40, 188, 120, 168],
      [32, 32, 204, 159, 203],
      [50, 30, 53, 218, 128],
    ],
  ],
  [
    50,
    400,
    'squash',
    [
      [0, 0, 140, 227, 169],
      [12, 5, 83, 221, 35],
      [20, 40, 215, 32, 161],
      [32, 32, 52, 63, 34],
      [50, 30, 185, 74, 218],
    ],
  ],
  [
    50,
    400,
    'pad',
    [
      [0, 0, 124, 116, 104],
      [20, 40, 124, 116, 104],
      [32, 32, 43, 48, 33],
      [50, 30, 215, 145, 220],
      [63, 63, 124, 116, 104],
    ],
  ],
];

describe('a resized image', () => {
  for (const [width, height, fit, pixels] of PILLOW) {
    it(`as ${fit} at ${width} x ${height} is what Pillow makes of it`, async () => {
      const bytes = await waves(width, height);
      const {data, ...size} = await decodeBytes(bytes, fitted(fit));
      expect(size)
        .to.deep.equal({width: 64, height: 64})
        .and.to.deep.equal(await readDecodedSize(bytes, fitted(fit)));
      for (const [row, column, ...colors] of pixels) {
        colors.forEach((color, i) =>
          expect(data[(row! * 64 + column!) * 3 + i], `${row} ${column}`).to.be.closeTo(color, 6),
        );
      }
    });
  }

  it('by cropping stays as large as random crops are cut from, as without a fit', async () => {
    const bytes = await waves(300, 200);
    expect(await readDecodedSize(bytes, fitted('crop'))).to.deep.equal({width: 109, height: 73});
    expect(fitted('crop')).to.not.have.property('fit');
  });

  it('takes the room of a square whatever its proportions', async () => {
    for (const [width, height] of [
      [5000, 3],
      [3, 5000],
      [1, 1],
      [64, 64],
    ] as const) {
      for (const fit of ['squash', 'pad'] as const) {
        const {data} = await decodeBytes(await waves(width, height), fitted(fit));
        expect(data.length, `${fit} ${width} x ${height}`).to.equal(64 * 64 * 3);
      }
    }
  });
});

describe('the padding of an image', () => {
  it('is the mean color of the weights, red first', () => {
    expect(computeFillColor(TORCHVISION_PREPROCESSING)).to.deep.equal([124, 116, 104]);
    expect(computeFillColor(CAFFE_PREPROCESSING)).to.deep.equal([124, 117, 104]);
  });

  it('can be taken off again, but for an image that is nothing else', () => {
    const color = [9, 8, 7] as const;
    const inner = {width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 9, 8, 7)};
    const frame = {width: 4, height: 4, left: 1, top: 2, color};
    const image = letterbox(inner, frame);
    expect([...image.data.subarray((2 * 4 + 1) * 3, (2 * 4 + 2) * 3)]).to.deep.equal([1, 2, 3]);
    expect(removeLetterbox(image, color)).to.deep.equal({
      width: 1,
      height: 1,
      data: Uint8Array.of(1, 2, 3),
    });
    const blank = letterbox({width: 1, height: 1, data: Uint8Array.of(...color)}, frame);
    expect(removeLetterbox(blank, color)).to.deep.equal(blank);
  });
});
