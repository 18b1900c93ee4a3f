import {computeCellLuminances} from '../images/luminance.js';
import type {DecodedImage} from '../images/resample.js';

/** Side of a fingerprint, in cells. */
export const FINGERPRINT_SIDE = 32;
/** Size of a fingerprint: one byte per cell. */
export const FINGERPRINT_BYTES = FINGERPRINT_SIDE ** 2;

/**
 * Computes the fingerprint of an image: 32 x 32 mean luminances, without the aspect ratio. That is enough to find near-duplicates that
 * differ in size, format, quality, brightness or borders (near-duplicates.ts).
 *
 * @returns `[32, 32]`, top row first
 */
export const computeFingerprint = (image: DecodedImage): Uint8Array =>
  Uint8Array.from(computeCellLuminances(image, FINGERPRINT_SIDE), Math.round);

/** The fingerprint of the same image, mirrored left to right. */
export const mirrorFingerprint = (fingerprint: Uint8Array): Uint8Array =>
  fingerprint.map(
    (_, i) =>
      fingerprint[i - (i % FINGERPRINT_SIDE) + FINGERPRINT_SIDE - 1 - (i % FINGERPRINT_SIDE)]!,
  );
