import type {Rng} from '../../core/rng.js';
import {ADJUSTMENTS} from './color-jitter.js';
import {rotate, warp} from './transforms.js';
import {autoContrast, equalize, posterize, sharpen, solarize} from './image-ops.js';

/** Operations drawn at random, of random or of one strength: nothing to tune, or two numbers. */
export type Policy =
  | {readonly type: 'trivialaugment'}
  | {
      readonly type: 'randaugment';
      /** Operations one after the other; 2 unless told. */
      readonly numOps?: number;
      /** 0..30; 9 unless told. */
      readonly magnitude?: number;
    };

/** Levels of strength, as both papers and torchvision have them. */
const STRONGEST = 30;

/** An operation at a strength of 0..1; signed ones go either way. */
interface Operation {
  readonly isSigned: boolean;
  apply(pixels: Uint8Array, size: number, strength: number): void;
}

/** How far each operation goes. */
interface Reach {
  readonly shear: number;
  /** Pixels, for a side. */
  readonly translation: (size: number) => number;
  readonly degrees: number;
  readonly factor: number;
  /** Bits that are taken away. */
  readonly bits: number;
}

const signed = (apply: Operation['apply']): Operation => ({isSigned: true, apply});
const plain = (apply: Operation['apply']): Operation => ({isSigned: false, apply});

/** In the order of torchvision's tables (torchvision/transforms/autoaugment.py). */
const operationsOf = ({shear, translation, degrees, factor, bits}: Reach): readonly Operation[] => [
  plain(() => undefined),
  signed((pixels, size, s) => warp(pixels, size, [1, shear * s, (shear * s * size) / 2, 0, 1, 0])),
  signed((pixels, size, s) => warp(pixels, size, [1, 0, 0, shear * s, 1, (shear * s * size) / 2])),
  signed((pixels, size, s) =>
    warp(pixels, size, [1, 0, -Math.trunc(translation(size) * s), 0, 1, 0]),
  ),
  signed((pixels, size, s) =>
    warp(pixels, size, [1, 0, 0, 0, 1, -Math.trunc(translation(size) * s)]),
  ),
  signed((pixels, size, s) => rotate(pixels, size, degrees * s)),
  signed((pixels, _, s) => ADJUSTMENTS.brightness(pixels, 1 + factor * s)),
  signed((pixels, _, s) => ADJUSTMENTS.saturation(pixels, 1 + factor * s)),
  signed((pixels, _, s) => ADJUSTMENTS.contrast(pixels, 1 + factor * s)),
  signed((pixels, size, s) => sharpen(pixels, size, 1 + factor * s)),
  plain((pixels, _, s) => posterize(pixels, 8 - Math.round(bits * s))),
  plain((pixels, _, s) => solarize(pixels, 255 * (1 - s))),
  plain(pixels => autoContrast(pixels)),
  plain(pixels => equalize(pixels)),
];

/** Müller and Hutter 2021, https://arxiv.org/abs/2103.10158 ("wide"). */
const TRIVIAL = operationsOf({
  shear: 0.99,
  translation: () => 32,
  degrees: 135,
  factor: 0.99,
  bits: 6,
});

/** Cubuk et al. 2019, https://arxiv.org/abs/1909.13719. */
const RAND = operationsOf({
  shear: 0.3,
  translation: size => (150 / 331) * size,
  degrees: 30,
  factor: 0.9,
  bits: 4,
});

function applyOne(
  operations: readonly Operation[],
  pixels: Uint8Array,
  size: number,
  level: (stream: Rng) => number,
  stream: Rng,
): void {
  const operation = operations[stream.integer(operations.length)]!;
  const strength = level(stream) / STRONGEST;
  const isTurned = stream.next() < 0.5; // drawn for all, so that what follows is the same whichever operation it was
  operation.apply(pixels, size, operation.isSigned && isTurned ? -strength : strength);
}

/** Applies a policy to a square image, in place. */
export function applyPolicy(pixels: Uint8Array, size: number, policy: Policy, stream: Rng): void {
  if (policy.type === 'trivialaugment')
    return applyOne(TRIVIAL, pixels, size, drawn => drawn.integer(STRONGEST + 1), stream);
  const {numOps = 2, magnitude = 9} = policy;
  for (let i = 0; i < numOps; i++) applyOne(RAND, pixels, size, () => magnitude, stream);
}
