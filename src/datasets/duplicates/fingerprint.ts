import {computeCellLuminances} from '../images/luminance.js';
import type {DecodedImage} from '../images/resample.js';

/** Side of a fingerprint, in cells. */
export const FINGERPRINT_SIDE = 32;
/** One byte for each cell. */
export const FINGERPRINT_BYTES = FINGERPRINT_SIDE ** 2;

/**
 * An image as 32 x 32 mean luminances, without its aspect ratio: enough to find near-duplicates in another size, format, quality or
 * brightness, or with other borders (near-duplicates.ts).
 *
 * @returns `[32, 32]`, rows from the top
 */
export const computeFingerprint = (image: DecodedImage): Uint8Array =>
  Uint8Array.from(computeCellLuminances(image, FINGERPRINT_SIDE), Math.round);

/** The fingerprint of an image mirrored left to right. */
export const mirrorFingerprint = (fingerprint: Uint8Array): Uint8Array =>
  fingerprint.map(
    (_, i) =>
      fingerprint[i - (i % FINGERPRINT_SIDE) + FINGERPRINT_SIDE - 1 - (i % FINGERPRINT_SIDE)]!,
  );
