import {expect} from 'chai';
import fc from 'fast-check';
import {createRng} from '../../../src/core/rng.js';
import {
  AUGMENTATIONS,
  augment,
  randomCropBox,
  type Augmentation,
} from '../../../src/datasets/augmentation/augment.js';
import {centerCrop} from '../../../src/datasets/images/crop.js';
import type {DecodedImage} from '../../../src/datasets/images/resample.js';

/** Red grows to the right, green downwards. */
const ruler = (width: number, height: number): DecodedImage => ({
  width,
  height,
  data: Uint8Array.from({length: width * height * 3}, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    return [(x * 255) / (width - 1), (y * 255) / (height - 1), 128][i % 3]!;
  }),
});

const FLIP_ONLY: Augmentation = {crop: null, horizontalFlip: 1};

describe('augment', () => {
  it('gives the same pixels for the same stream and others for another', () => {
    const image = ruler(80, 64);
    const draw = (epoch: number): Uint8Array =>
      augment(image, 48, AUGMENTATIONS.standard, createRng(1, 'augment', epoch, 'cats/1.png'));
    expect(draw(0))
      .to.deep.equal(draw(0))
      .and.to.have.length(48 * 48 * 3);
    expect(draw(0)).not.to.deep.equal(draw(1));
  });

  it('leaves the image alone', () => {
    const image = ruler(80, 64);
    augment(image, 48, AUGMENTATIONS.standard, createRng(1));
    expect(image).to.deep.equal(ruler(80, 64));
  });

  it('none is the square in the middle', () => {
    const image = ruler(75, 64);
    expect(augment(image, 48, AUGMENTATIONS.none, createRng(1))).to.deep.equal(
      centerCrop(image, 48),
    );
  });

  it('mirrors left to right, exactly', () => {
    const image = ruler(64, 64);
    const crop = centerCrop(image, 48);
    const flipped = augment(image, 48, FLIP_ONLY, createRng(1));
    for (let y = 0; y < 48; y++) {
      for (let x = 0; x < 48; x++) {
        const at = (y * 48 + x) * 3;
        const opposite = (y * 48 + 47 - x) * 3;
        expect([...flipped.subarray(at, at + 3)]).to.deep.equal([
          ...crop.subarray(opposite, opposite + 3),
        ]);
      }
    }
  });

  it('mirrors about half of the images', () => {
    const image = ruler(16, 16);
    const mirrored = Array.from({length: 400}, (_, epoch) =>
      augment(image, 16, AUGMENTATIONS.light, createRng(epoch)),
    ).filter(pixels => pixels[0]! > pixels[45]!);
    expect(mirrored.length).to.be.within(160, 240);
  });

  it('keeps colors apart from geometry: light changes no color of a uniform image, standard does', () => {
    const gray = {width: 32, height: 32, data: new Uint8Array(32 * 32 * 3).fill(100)};
    expect(new Set(augment(gray, 24, AUGMENTATIONS.light, createRng(3)))).to.deep.equal(
      new Set([100]),
    );
    const brightness = Array.from(
      {length: 200},
      (_, i) => augment(gray, 8, AUGMENTATIONS.standard, createRng(i))[0]!,
    );
    expect(Math.min(...brightness)).to.be.within(79, 85);
    expect(Math.max(...brightness)).to.be.within(115, 120);
  });
});

describe('randomCropBox', () => {
  const crop = AUGMENTATIONS.standard.crop;

  it('stays inside, within the scale and the ratio', () => {
    fc.assert(
      fc.property(
        fc.integer({min: 8, max: 400}),
        fc.integer({min: 8, max: 400}),
        fc.integer(),
        (width, height, seed) => {
          const window = randomCropBox({width, height}, crop, createRng(seed));
          expect(window.left).to.be.at.least(0);
          expect(window.top).to.be.at.least(0);
          expect(window.left + window.width).to.be.at.most(width);
          expect(window.top + window.height).to.be.at.most(height);
          expect(window.width * window.height).to.be.above(0);
        },
      ),
    );
  });

  it('draws areas and ratios over their whole range', () => {
    const windows = Array.from({length: 500}, (_, seed) =>
      randomCropBox({width: 300, height: 300}, crop, createRng(seed)),
    );
    const areas = windows.map(({width, height}) => (width * height) / 90_000);
    const ratios = windows.map(({width, height}) => width / height);
    expect(Math.min(...areas)).to.be.within(0.34, 0.4);
    expect(Math.max(...areas)).to.be.within(0.93, 1);
    expect(Math.min(...ratios)).to.be.within(0.74, 0.78);
    expect(Math.max(...ratios)).to.be.within(1.28, 1.35);
  });

  it('falls back to the middle where nothing fits: all of the short side, at the nearest ratio', () => {
    expect(randomCropBox({width: 1000, height: 30}, crop, createRng(1))).to.deep.equal({
      left: 480,
      top: 0,
      width: 40,
      height: 30,
    });
    expect(randomCropBox({width: 30, height: 1000}, crop, createRng(1))).to.deep.equal({
      left: 0,
      top: 480,
      width: 30,
      height: 40,
    });
  });

  it('can be all of the image', () => {
    const whole = {scale: [1, 1], ratio: [1, 1]} as const;
    expect(randomCropBox({width: 50, height: 50}, whole, createRng(1))).to.deep.equal({
      left: 0,
      top: 0,
      width: 50,
      height: 50,
    });
  });
});
