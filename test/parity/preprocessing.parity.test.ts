import {readFileSync} from 'node:fs';
import {expect} from 'chai';
import sharp from 'sharp';
import {TORCHVISION_PREPROCESSING} from '../../src/core/preprocessing.js';
import {ADJUSTMENTS} from '../../src/datasets/augmentation/color-jitter.js';
import {decodeBytes} from '../../src/datasets/images/decode.js';
import {centerCrop} from '../../src/datasets/images/crop.js';

interface Golden {
  readonly preprocessing: readonly {
    readonly width: number;
    readonly height: number;
    readonly resizeSize: number;
    readonly cropSize: number;
    readonly sum: number;
    readonly every16th: readonly number[];
  }[];
  readonly adjustments: readonly {
    readonly adjustment: keyof typeof ADJUSTMENTS;
    readonly factor: number;
    readonly pixels: readonly number[];
  }[];
}

/** Made by generate_preprocessing.py. */
const golden = JSON.parse(
  readFileSync(new URL('../../../test/parity/goldens/preprocessing.json', import.meta.url), 'utf8'),
) as Golden;

/** The image that generate_preprocessing.py draws. */
function draw(width: number, height: number): Uint8Array {
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const green = ((Math.floor(x / 7) + Math.floor(y / 11)) % 2) * 180 + ((x * y) % 61);
      pixels.set([x * 5 + y * 3, green, Math.floor((x - y) ** 2 / 16)], (y * width + x) * 3);
    }
  }
  return pixels;
}

const every16th = (pixels: Uint8Array, size: number): number[] =>
  Array.from(pixels).filter(
    (_, i) => Math.floor(i / 3 / size) % 16 === 0 && (Math.floor(i / 3) % size) % 16 === 0,
  );

describe('preprocessing, compared with Pillow', () => {
  for (const {
    width,
    height,
    resizeSize,
    cropSize,
    sum,
    every16th: expected,
  } of golden.preprocessing) {
    it(`resizes ${width} x ${height} to ${resizeSize} and crops ${cropSize} as torchvision does, to 0.3 of 255`, async () => {
      const png = await sharp(draw(width, height), {raw: {width, height, channels: 3}})
        .png()
        .toBuffer();
      const crop = centerCrop(
        await decodeBytes(png, {...TORCHVISION_PREPROCESSING, resizeSize}),
        cropSize,
      );
      const differences = every16th(crop, cropSize).map((value, i) =>
        Math.abs(value - expected[i]!),
      );
      expect(differences).to.have.length(expected.length);
      expect(
        differences.reduce((total, difference) => total + difference, 0) / differences.length,
      ).to.be.below(0.3);
      expect(Math.max(...differences)).to.be.at.most(3);
      expect(
        Math.abs(crop.reduce((total, value) => total + value, 0) - sum) / crop.length,
      ).to.be.below(0.3);
    });
  }

  for (const {adjustment, factor, pixels: expected} of golden.adjustments) {
    it(`changes ${adjustment} by ${factor} as ImageEnhance does, to 1 of 255`, () => {
      const pixels = draw(8, 6);
      ADJUSTMENTS[adjustment](pixels, factor);
      pixels.forEach((value, i) => expect(value).to.be.closeTo(expected[i]!, 1));
    });
  }
});
