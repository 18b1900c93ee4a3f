import type {Rng} from '../../core/rng.js';
import {ADJUSTMENTS} from './color-jitter.js';
import {rotate, warp} from './transforms.js';
import {autoContrast, equalize, posterize, sharpen, solarize} from './image-ops.js';

/** Random operations. TrivialAugment draws the magnitude at random and has no parameters; RandAugment has two. */
export type AutoAugmentPolicy =
  | {readonly type: 'trivialaugment'}
  | {
      readonly type: 'randaugment';
      /** Number of operations per image. Default: 2. */
      readonly numOps?: number;
      /** Magnitude of the operations, 0..30. Default: 9. */
      readonly magnitude?: number;
    };

/** Maximum magnitude, as in both papers and torchvision. */
const MAX_LEVEL = 30;

/** An operation, applied with a strength of 0..1. Signed operations are negated at random. */
interface Operation {
  readonly isSigned: boolean;
  apply(pixels: Uint8Array, size: number, strength: number): void;
}

/** Maximum magnitude of each operation. */
interface OperationRanges {
  readonly shear: number;
  /** Translation in pixels, for images of this side. */
  readonly translation: (size: number) => number;
  readonly degrees: number;
  readonly factor: number;
  /** Number of bits that posterize removes. */
  readonly bits: number;
}

const signed = (apply: Operation['apply']): Operation => ({isSigned: true, apply});
const unsigned = (apply: Operation['apply']): Operation => ({isSigned: false, apply});

/** Operations in the order of torchvision's tables (torchvision/transforms/autoaugment.py). */
const createOperations = ({
  shear,
  translation,
  degrees,
  factor,
  bits,
}: OperationRanges): readonly Operation[] => [
  unsigned(() => undefined),
  signed((pixels, size, strength) =>
    warp(pixels, size, [1, shear * strength, (shear * strength * size) / 2, 0, 1, 0]),
  ),
  signed((pixels, size, strength) =>
    warp(pixels, size, [1, 0, 0, shear * strength, 1, (shear * strength * size) / 2]),
  ),
  signed((pixels, size, strength) =>
    warp(pixels, size, [1, 0, -Math.trunc(translation(size) * strength), 0, 1, 0]),
  ),
  signed((pixels, size, strength) =>
    warp(pixels, size, [1, 0, 0, 0, 1, -Math.trunc(translation(size) * strength)]),
  ),
  signed((pixels, size, strength) => rotate(pixels, size, degrees * strength)),
  signed((pixels, _, strength) => ADJUSTMENTS.brightness(pixels, 1 + factor * strength)),
  signed((pixels, _, strength) => ADJUSTMENTS.saturation(pixels, 1 + factor * strength)),
  signed((pixels, _, strength) => ADJUSTMENTS.contrast(pixels, 1 + factor * strength)),
  signed((pixels, size, strength) => sharpen(pixels, size, 1 + factor * strength)),
  unsigned((pixels, _, strength) => posterize(pixels, 8 - Math.round(bits * strength))),
  unsigned((pixels, _, strength) => solarize(pixels, 255 * (1 - strength))),
  unsigned(pixels => autoContrast(pixels)),
  unsigned(pixels => equalize(pixels)),
];

/** Operations of TrivialAugment: Müller and Hutter 2021, https://arxiv.org/abs/2103.10158 ("wide"). */
const TRIVIAL_OPERATIONS = createOperations({
  shear: 0.99,
  translation: () => 32,
  degrees: 135,
  factor: 0.99,
  bits: 6,
});

/** Operations of RandAugment: Cubuk et al. 2019, https://arxiv.org/abs/1909.13719. */
const RAND_OPERATIONS = createOperations({
  shear: 0.3,
  translation: size => (150 / 331) * size,
  degrees: 30,
  factor: 0.9,
  bits: 4,
});

function applyRandomOperation(
  operations: readonly Operation[],
  pixels: Uint8Array,
  size: number,
  level: (stream: Rng) => number,
  stream: Rng,
): void {
  const operation = operations[stream.integer(operations.length)]!;
  const strength = level(stream) / MAX_LEVEL;
  const isNegated = stream.next() < 0.5; // drawn for every operation, so that later draws do not depend on the operation
  operation.apply(pixels, size, operation.isSigned && isNegated ? -strength : strength);
}

/** Applies a policy to a square image, in place. */
export function applyAutoAugment(
  pixels: Uint8Array,
  size: number,
  policy: AutoAugmentPolicy,
  stream: Rng,
): void {
  if (policy.type === 'trivialaugment')
    return applyRandomOperation(
      TRIVIAL_OPERATIONS,
      pixels,
      size,
      drawn => drawn.integer(MAX_LEVEL + 1),
      stream,
    );
  const {numOps = 2, magnitude = 9} = policy;
  for (let i = 0; i < numOps; i++)
    applyRandomOperation(RAND_OPERATIONS, pixels, size, () => magnitude, stream);
}
