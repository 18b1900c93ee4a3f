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

  it('are applied in the order of the table, not of the settings', () => {
    const posterize = {probability: 1, bits: 1};
    expect(applied({grayscale: 1, posterize})).to.deep.equal(applied({posterize, grayscale: 1}));
    // Grays of posterized colors, not posterized grays.
    expect([...new Set(applied({grayscale: 1, posterize}))].some(v => v % 128 !== 0)).to.equal(
      true,
    );
  });
});
