import {expect} from 'chai';
import {createRng} from '../../../src/core/rng.js';
import {
  AUGMENTATIONS,
  augment,
  resolveAugmentation,
} from '../../../src/datasets/augmentation/augment.js';
import {adjustHue} from '../../../src/datasets/augmentation/color-jitter.js';
import {
  blur,
  eraseRandomly,
  flipVertically,
  rotate,
  toGrayscale,
  warp,
} from '../../../src/datasets/augmentation/transforms.js';
import {applyAutoAugment} from '../../../src/datasets/augmentation/auto-augment.js';
import {
  autoContrast,
  equalize,
  posterize,
  sharpen,
  solarize,
} from '../../../src/datasets/augmentation/image-ops.js';

const SIZE = 24;

/** Waves of three colors, the same that torchvision was given. */
const waves = (): Uint8Array =>
  Uint8Array.from({length: SIZE * SIZE * 3}, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % SIZE, Math.floor(i / 3 / SIZE)];
    return [
      127 + 100 * Math.sin(x / 3 + y / 5),
      127 + 100 * Math.cos(x / 4),
      127 + 100 * Math.sin(y / 2 + x / 7),
    ][i % 3]!;
  });

const changed = (change: (pixels: Uint8Array) => void): Uint8Array => {
  const pixels = waves();
  change(pixels);
  return pixels;
};
const at = (pixels: Uint8Array, y: number, x: number): number[] => [
  ...pixels.subarray((y * SIZE + x) * 3, (y * SIZE + x) * 3 + 3),
];

/** Rows, columns and colors by torchvision 0.29 (`transforms.v2.functional` on uint8, bilinear), within a rounding of its own. */
const TORCHVISION: readonly (readonly [
  what: string,
  change: (pixels: Uint8Array) => void,
  tolerance: number,
  expected: readonly (readonly number[])[],
])[] = [
  [
    'rotate(20)',
    pixels => rotate(pixels, SIZE, 20),
    1,
    [
      [12, 12, 134, 29, 225],
      [9, 14, 184, 41, 199],
      [15, 8, 33, 109, 223],
    ],
  ],
  [
    'gaussian_blur(sigma 1.2)',
    pixels => blur(pixels, SIZE, 1.2),
    1,
    [
      [12, 12, 137, 32, 208],
      [9, 14, 143, 37, 144],
      [15, 8, 75, 87, 184],
    ],
  ],
  [
    'adjust_hue(0.1)',
    pixels => adjustHue(pixels, 0.1),
    1,
    [
      [12, 12, 226, 28, 195],
      [9, 14, 148, 33, 82],
      [15, 8, 130, 69, 197],
    ],
  ],
  [
    'adjust_hue(-0.3)',
    pixels => adjustHue(pixels, -0.3),
    1,
    [
      [12, 12, 28, 226, 178],
      [9, 14, 33, 128, 148],
      [15, 8, 69, 197, 78],
    ],
  ],
  [
    'rgb_to_grayscale',
    toGrayscale,
    1,
    [
      [12, 12, 83, 83, 83],
      [9, 14, 79, 79, 79],
      [15, 8, 92, 92, 92],
    ],
  ],
  [
    'posterize(3)',
    pixels => posterize(pixels, 3),
    0,
    [
      [12, 12, 128, 0, 224],
      [9, 14, 128, 32, 128],
      [15, 8, 64, 64, 192],
    ],
  ],
  [
    'solarize(128)',
    pixels => solarize(pixels, 128),
    0,
    [
      [12, 12, 117, 28, 29],
      [9, 14, 110, 33, 107],
      [15, 8, 69, 85, 58],
    ],
  ],
  [
    'autocontrast',
    autoContrast,
    1,
    [
      [12, 12, 142, 1, 254],
      [9, 14, 151, 7, 155],
      [15, 8, 53, 73, 217],
    ],
  ],
  [
    'equalize',
    equalize,
    0,
    [
      [12, 12, 151, 12, 255],
      [9, 14, 158, 24, 167],
      [15, 8, 88, 108, 216],
    ],
  ],
  [
    'adjust_sharpness(1.8)',
    pixels => sharpen(pixels, SIZE, 1.8),
    1,
    [
      [12, 12, 138, 27, 230],
      [9, 14, 145, 32, 148],
      [15, 8, 67, 84, 200],
    ],
  ],
  [
    'adjust_sharpness(0.3)',
    pixels => sharpen(pixels, SIZE, 0.3),
    1,
    [
      [12, 12, 138, 28, 221],
      [9, 14, 144, 33, 147],
      [15, 8, 70, 85, 194],
    ],
  ],
  [
    'affine(shear x of 0.3)',
    pixels => warp(pixels, SIZE, [1, 0.3, 3.6, 0, 1, 0]),
    1,
    [
      [12, 12, 224, 57, 218],
      [9, 14, 216, 79, 185],
      [15, 8, 206, 27, 138],
    ],
  ],
  [
    'affine(shear y of 0.3)',
    pixels => warp(pixels, SIZE, [1, 0, 0, 0.3, 1, 3.6]),
    1,
    [
      [12, 12, 202, 28, 110],
      [9, 14, 213, 33, 193],
      [15, 8, 116, 85, 81],
    ],
  ],
  [
    'affine(3 to the right)',
    pixels => warp(pixels, SIZE, [1, 0, -3, 0, 1, 0]),
    0,
    [
      [12, 12, 49, 64, 211],
      [9, 14, 54, 34, 105],
      [15, 8, 27, 158, 220],
    ],
  ],
  [
    'affine(2 upwards)',
    pixels => warp(pixels, SIZE, [1, 0, 0, 0, 1, 2]),
    0,
    [
      [12, 12, 176, 28, 192],
      [9, 14, 182, 33, 220],
      [15, 8, 105, 85, 105],
    ],
  ],
];

describe('image transforms', () => {
  it('start from the image that torchvision was given', () => {
    expect([at(waves(), 12, 12), at(waves(), 9, 14), at(waves(), 15, 8)]).to.deep.equal([
      [138, 28, 226],
      [145, 33, 148],
      [69, 85, 197],
    ]);
  });

  for (const [what, change, tolerance, expected] of TORCHVISION) {
    it(`are torchvision's: ${what}`, () => {
      const pixels = changed(change);
      for (const [y, x, ...colors] of expected) {
        at(pixels, y!, x!).forEach((value, i) =>
          expect(value, `${y} ${x}`).to.be.closeTo(colors[i]!, tolerance),
        );
      }
    });
  }

  it('that change nothing change nothing', () => {
    expect(changed(pixels => rotate(pixels, SIZE, 0))).to.deep.equal(waves());
    expect(changed(pixels => rotate(pixels, SIZE, 360))).to.deep.equal(waves());
    expect(changed(pixels => adjustHue(pixels, 0))).to.deep.equal(waves());
    expect(changed(pixels => blur(pixels, SIZE, 0.01))).to.deep.equal(waves());
    expect(changed(pixels => [1, 2].forEach(() => flipVertically(pixels, SIZE)))).to.deep.equal(
      waves(),
    );
  });

  it('put the top at the bottom', () => {
    const pixels = changed(all => flipVertically(all, SIZE));
    expect(at(pixels, 0, 5)).to.deep.equal(at(waves(), SIZE - 1, 5));
    expect(at(pixels, 13, 2)).to.deep.equal(at(waves(), 10, 2));
  });

  it('turn a quarter exactly, counterclockwise', () => {
    const pixels = changed(all => rotate(all, SIZE, 90));
    expect(at(pixels, 0, 0)).to.deep.equal(at(waves(), 0, SIZE - 1));
    expect(at(pixels, SIZE - 1, 0)).to.deep.equal(at(waves(), 0, 0));
  });

  it('draw the edge out into corners that come in from outside', () => {
    const plain = new Uint8Array(SIZE * SIZE * 3).fill(90);
    rotate(plain, SIZE, 45);
    expect(new Set(plain)).to.deep.equal(new Set([90]));
  });

  it('erase a rectangle to the mean color, of the requested size and shape', () => {
    const erasing = {probability: 1, scale: [0.1, 0.3], ratio: [0.5, 2]} as const;
    for (let seed = 0; seed < 50; seed++) {
      const pixels = changed(all => eraseRandomly(all, SIZE, erasing, createRng(seed)));
      const before = waves();
      const places = Array.from({length: SIZE * SIZE}, (_, i) => i).filter(i =>
        [0, 1, 2].some(c => pixels[3 * i + c] !== before[3 * i + c]),
      );
      const [columns, rows] = [places.map(i => i % SIZE), places.map(i => Math.floor(i / SIZE))];
      const [width, height] = [columns, rows].map(of => Math.max(...of) - Math.min(...of) + 1) as [
        number,
        number,
      ];
      expect((width * height) / SIZE ** 2, `seed ${seed}`).to.be.within(0.07, 0.34);
      expect(
        new Set(places.map(i => at(pixels, Math.floor(i / SIZE), i % SIZE).join())).size,
      ).to.equal(1);
    }
  });

  it('leave an image alone where no rectangle fits', () => {
    const tall = {probability: 1, scale: [0.9, 1], ratio: [9, 9.1]} as const;
    expect(changed(pixels => eraseRandomly(pixels, SIZE, tall, createRng(1)))).to.deep.equal(
      waves(),
    );
  });
});

describe('autoAugment', () => {
  it('of no strength changes nothing but tones that have none, whatever is drawn', () => {
    // Stretched contrast and values made equally frequent, 2 of the 14, know no strength.
    const kept = Array.from({length: 200}, (_, seed) =>
      changed(pixels =>
        applyAutoAugment(
          pixels,
          SIZE,
          {type: 'randaugment', numOps: 1, magnitude: 0},
          createRng(seed),
        ),
      ),
    );
    const share = kept.filter(pixels => Buffer.from(pixels).equals(waves())).length / kept.length;
    expect(share).to.be.within(0.78, 0.93); // 12 of 14
  });

  it('draws every operation, and the same for the same stream', () => {
    const draw = (seed: number): string =>
      Buffer.from(
        changed(pixels =>
          applyAutoAugment(pixels, SIZE, {type: 'trivialaugment'}, createRng(seed)),
        ),
      ).toString('latin1');
    expect(draw(5)).to.equal(draw(5));
    expect(new Set(Array.from({length: 200}, (_, seed) => draw(seed))).size).to.be.above(120);
  });

  it('of two operations does more than one of them', () => {
    const often = (count: number): number =>
      Array.from({length: 100}, (_, seed) =>
        changed(pixels =>
          applyAutoAugment(
            pixels,
            SIZE,
            {type: 'randaugment', numOps: count, magnitude: 15},
            createRng(seed),
          ),
        ),
      ).filter(pixels => Buffer.from(pixels).equals(waves())).length;
    expect(often(1)).to.be.above(often(3));
  });
});

describe('the augmentation of a recipe', () => {
  const image = {width: SIZE, height: SIZE, data: waves()};

  it('is a preset, or settings, or settings on top of a preset', () => {
    expect(resolveAugmentation('strong')).to.equal(AUGMENTATIONS.strong);
    expect(resolveAugmentation({rotation: 10})).to.deep.equal({
      crop: null,
      horizontalFlip: 0,
      rotation: 10,
    });
    expect(resolveAugmentation({preset: 'light', colorJitter: null, grayscale: 1})).to.deep.equal({
      ...AUGMENTATIONS.light,
      colorJitter: null,
      grayscale: 1,
    });
  });

  it('happens as often as it says, each for itself', () => {
    const often = (choice: Parameters<typeof resolveAugmentation>[0]): number => {
      const seen = Array.from({length: 200}, (_, i) =>
        augment(image, SIZE, resolveAugmentation(choice), createRng('often', i)),
      );
      return seen.filter(pixels => !Buffer.from(pixels).equals(waves())).length / 200;
    };
    expect(often({})).to.equal(0);
    expect(often({verticalFlip: 0.5})).to.be.within(0.4, 0.6);
    expect(often({posterize: {probability: 0.5, bits: 3}})).to.be.within(0.4, 0.6);
    expect(often({grayscale: 0.3})).to.be.within(0.2, 0.4);
    expect(often({blur: {probability: 0.2, sigma: [1, 2]}})).to.be.within(0.12, 0.28);
    expect(
      often({randomErasing: {probability: 0.5, scale: [0.1, 0.2], ratio: [0.5, 2]}}),
    ).to.be.within(0.4, 0.6);
    expect(often({rotation: 30})).to.be.above(0.95);
    expect(often('strong')).to.equal(1);
  });

  it('gives the same pixels for the same stream', () => {
    const draw = (): Uint8Array =>
      augment(image, 16, AUGMENTATIONS.strong, createRng(1, 'augment', 3, 'a.png'));
    expect(draw()).to.deep.equal(draw());
  });
});
