import {expect} from 'chai';
import {createRng} from '../../../src/core/rng.js';
import {validate} from '../../../src/core/schema.js';
import {
  AUGMENTATION_OPS,
  applyOps,
  type OpSettings,
} from '../../../src/datasets/augmentation/operations.js';
import {augmentationSettings} from '../../../src/datasets/augmentation/augment.js';
import {recipeSchema} from '../../../src/finetune/recipe/recipe.js';

const SIZE = 8;
const gradient = (): Uint8Array => Uint8Array.from({length: SIZE * SIZE * 3}, (_, i) => i);

const applied = (settings: OpSettings): Uint8Array => {
  const pixels = gradient();
  applyOps(pixels, SIZE, settings, createRng(1));
  return pixels;
};

const isAccepted = (augment: object): boolean => {
  try {
    validate(recipeSchema, {augment}, 'recipe');
    return true;
  } catch {
    return false;
  }
};

describe('augmentation operations', () => {
  it('each have a setting in the schema of recipes', () => {
    expect(Object.keys(augmentationSettings)).to.include.members(Object.keys(AUGMENTATION_OPS));
    expect(isAccepted({posterize: {probability: 1, bits: 3}})).to.equal(true);
    expect(isAccepted({posterize: {probability: 1, bits: 9}})).to.equal(false);
    expect(isAccepted({posterise: {probability: 1, bits: 3}})).to.equal(false);
  });

  it('skip a setting that is absent, null or 0, and draw nothing for it', () => {
    const rng = createRng(3);
    applyOps(gradient(), SIZE, {verticalFlip: 0, colorJitter: null}, rng);
    expect(rng.next()).to.equal(createRng(3).next());
    expect(applied({})).to.deep.equal(gradient());
  });

  it('posterize keeps the highest bits of every value', () => {
    expect(applied({posterize: {probability: 1, bits: 3}})).to.deep.equal(
      gradient().map(value => value & 0b11100000),
    );
    expect(applied({posterize: {probability: 0, bits: 3}})).to.deep.equal(gradient());
  });

  it('padCrop takes each crop of the padded image, and no other', () => {
    const padding = 2;
    const padded = (y: number, x: number): number[] =>
      [0, 1, 2].map(c =>
        Math.min(y, x) < 0 || Math.max(y, x) >= SIZE ? 0 : gradient()[(y * SIZE + x) * 3 + c]!,
      );
    const range = (length: number): number[] => Array.from({length}, (_, i) => i);
    const crops = range(2 * padding + 1).flatMap(top =>
      range(2 * padding + 1).map(left =>
        range(SIZE)
          .flatMap(y => range(SIZE).flatMap(x => padded(y + top - padding, x + left - padding)))
          .join(),
      ),
    );
    const rng = createRng(5);
    const drawn = new Set(
      range(400).map(() => {
        const pixels = gradient();
        applyOps(pixels, SIZE, {padCrop: padding}, rng);
        return pixels.join();
      }),
    );
    expect([...drawn].sort()).to.deep.equal([...crops].sort());
    const far = gradient();
    applyOps(far, SIZE, {padCrop: 128}, createRng(1));
    expect(far).to.have.length(SIZE * SIZE * 3);
    expect(isAccepted({padCrop: 4})).to.equal(true);
    expect(isAccepted({padCrop: 1.5})).to.equal(false);
  });

  it('are applied in the order of the table, not of the settings', () => {
    const posterize = {probability: 1, bits: 1};
    expect(applied({grayscale: 1, posterize})).to.deep.equal(applied({posterize, grayscale: 1}));
    // Grays of posterized colors, not posterized grays.
    expect([...new Set(applied({grayscale: 1, posterize}))].some(v => v % 128 !== 0)).to.equal(
      true,
    );
  });
});
