import {computeCellLuminances} from './luminances.js';
import type {DecodedImage} from './resample.js';

/** Side of a thumbprint, in cells. */
export const SIDE = 32;

/**
 * A picture as 32 x 32 mean luminances, its sides squeezed alike: enough to find copies of it, whatever became of their size, format,
 * quality, brightness and edges (near-copies.ts).
 *
 * @returns `[32, 32]`, rows from the top
 */
export const thumbprint = (image: DecodedImage): Uint8Array => Uint8Array.from(computeCellLuminances(image, SIDE), Math.round);

/** The thumbprint of a picture mirrored left to right. */
export const mirroredPrint = (print: Uint8Array): Uint8Array => print.map((_, i) => print[i - (i % SIDE) + SIDE - 1 - (i % SIDE)]!);
