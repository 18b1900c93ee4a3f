import type {Rng} from '../../core/rng.js';
import {applyAutoAugment, type AutoAugmentPolicy} from './auto-augment.js';
import {jitterColors, type ColorJitter} from './color-jitter.js';
import {posterize} from './image-ops.js';
import {fraction, fractionPair, objectOf, positivePair} from './setting-schemas.js';
import {
  blur,
  eraseRandomly,
  flipVertically,
  padAndCrop,
  rotate,
  toGrayscale,
  type RandomErasing,
} from './transforms.js';

/** An operation on square images. `schema` is the JSON Schema of its setting in a recipe. */
interface AugmentationOp<Setting> {
  readonly schema: object;
  /** Changes `pixels`, `[size, size, 3]`, in place. Called only if the setting is not absent, null or 0. */
  apply(pixels: Uint8Array, size: number, setting: Setting, rng: Rng): void;
}

/** A row of the table with a typed setting. */
const op = <Setting>(
  schema: object,
  apply: AugmentationOp<Setting>['apply'],
): AugmentationOp<Setting> => ({schema, apply});

/**
 * Operations by the name of their setting in a recipe, in the order of application. To add an operation, add a row here and its arithmetic
 * to `image-ops.ts` or `transforms.ts`; the schema of recipes and the type of settings follow.
 */
export const AUGMENTATION_OPS = {
  padCrop: op<number>(
    {
      type: 'integer',
      minimum: 0,
      maximum: 128,
      description: 'pixels of black on every side, before a random crop of the same size',
    },
    padAndCrop,
  ),
  verticalFlip: op<number>(
    {...fraction, description: 'probability of being upside down'},
    (pixels, size, probability, rng) => {
      if (rng.next() < probability) flipVertically(pixels, size);
    },
  ),
  autoAugment: op<AutoAugmentPolicy>(
    {
      ...objectOf(
        {
          type: {enum: ['trivialaugment', 'randaugment']},
          numOps: {type: 'integer', minimum: 1, maximum: 10},
          magnitude: {type: 'number', minimum: 0, maximum: 30},
        },
        ['numOps', 'magnitude'],
      ),
      description:
        'TrivialAugment (wide), or RandAugment of numOps and magnitude (default: 2 and 9)',
    },
    applyAutoAugment,
  ),
  rotation: op<number>(
    {type: 'number', minimum: 0, maximum: 180, description: 'degrees, either way'},
    (pixels, size, degrees, rng) => rotate(pixels, size, rng.uniform(-degrees, degrees)),
  ),
  colorJitter: op<ColorJitter>(
    {
      anyOf: [
        {type: 'null'},
        objectOf(
          {
            brightness: fraction,
            contrast: fraction,
            saturation: fraction,
            hue: {type: 'number', minimum: 0, maximum: 0.5},
          },
          ['hue'],
        ),
      ],
      description: 'how far factors may stray from 1; hue in turns',
    },
    (pixels, _, jitter, rng) => jitterColors(pixels, jitter, rng),
  ),
  posterize: op<{readonly probability: number; readonly bits: number}>(
    {
      ...objectOf({probability: fraction, bits: {type: 'integer', minimum: 1, maximum: 8}}),
      description: 'keeps the highest bits of every value',
    },
    (pixels, _, {probability, bits}, rng) => {
      if (rng.next() < probability) posterize(pixels, bits);
    },
  ),
  grayscale: op<number>(
    {...fraction, description: 'probability of losing the colors'},
    (pixels, _, probability, rng) => {
      if (rng.next() < probability) toGrayscale(pixels);
    },
  ),
  blur: op<{readonly probability: number; readonly sigma: readonly [number, number]}>(
    {
      ...objectOf({probability: fraction, sigma: positivePair}),
      description: 'Gaussian, sigma in pixels',
    },
    (pixels, size, {probability, sigma}, rng) => {
      if (rng.next() < probability) blur(pixels, size, rng.uniform(...sigma));
    },
  ),
  randomErasing: op<RandomErasing>(
    {
      ...objectOf({probability: fraction, scale: fractionPair, ratio: positivePair}),
      description: 'a rectangle in the mean color',
    },
    (pixels, size, erasing, rng) => {
      if (rng.next() < erasing.probability) eraseRandomly(pixels, size, erasing, rng);
    },
  ),
} as const;

type OpName = keyof typeof AUGMENTATION_OPS;

/** Settings of the operations, by name. An operation whose setting is absent, null or 0 is off. */
export type OpSettings = {
  readonly [Name in OpName]?: Parameters<(typeof AUGMENTATION_OPS)[Name]['apply']>[2] | null;
};

/** JSON Schemas of the settings, by name. */
export const opSchemas: Readonly<Record<string, object>> = Object.fromEntries(
  Object.entries(AUGMENTATION_OPS).map(([name, {schema}]) => [name, schema]),
);

/** Applies all operations that are on, in the order of the table, in place. */
export function applyOps(pixels: Uint8Array, size: number, settings: OpSettings, rng: Rng): void {
  for (const name of Object.keys(AUGMENTATION_OPS) as OpName[])
    applyOp(name, pixels, size, settings, rng);
}

function applyOp<Name extends OpName>(
  name: Name,
  pixels: Uint8Array,
  size: number,
  settings: OpSettings,
  rng: Rng,
): void {
  const setting = settings[name];
  // Operations that are off draw nothing, so a new row does not change the pixels of the presets.
  if (setting === undefined || setting === null || setting === 0) return;
  const {apply} = AUGMENTATION_OPS[name] as unknown as AugmentationOp<typeof setting>;
  apply(pixels, size, setting, rng);
}
