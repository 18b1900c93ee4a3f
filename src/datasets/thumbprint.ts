import type {DecodedImage} from './resample.js';

/** Side of a thumbprint, in cells. */
export const SIDE = 32;

/** Rec. 601 luma in 1/256 (ITU-R BT.601). */
const [RED, GREEN, BLUE] = [77, 150, 29];

/** Where each cell of a side of `length` pixels begins; a cell of a picture that is too small has a pixel all the same. */
const edgesOf = (length: number): Int32Array => Int32Array.from({length: SIDE + 1}, (_, i) => Math.floor((i * length) / SIDE));

/**
 * A picture as 32 x 32 mean luminances, its sides squeezed alike: enough to find copies of it, whatever became of their size, format,
 * quality, brightness and edges (near-copies.ts).
 *
 * @returns `[32, 32]`, rows from the top
 */
export function thumbprint({data, width, height}: DecodedImage): Uint8Array {
  const [columns, rows] = [edgesOf(width), edgesOf(height)];
  const print = new Uint8Array(SIDE * SIDE);
  const sums = new Float64Array(SIDE);
  for (let row = 0; row < SIDE; row++) {
    const top = rows[row]!;
    const bottom = Math.max(top + 1, rows[row + 1]!);
    sums.fill(0);
    for (let y = top; y < bottom; y++) addRow(data, y * width, columns, sums);
    for (let column = 0; column < SIDE; column++) {
      const area = (bottom - top) * Math.max(1, columns[column + 1]! - columns[column]!);
      print[row * SIDE + column] = Math.round(sums[column]! / (256 * area));
    }
  }
  return print;
}

function addRow(data: Uint8Array, start: number, columns: Int32Array, sums: Float64Array): void {
  for (let column = 0; column < SIDE; column++) {
    const from = start + columns[column]!;
    const end = Math.max(from + 1, start + columns[column + 1]!);
    let sum = 0;
    for (let at = from * 3; at < end * 3; at += 3) sum += RED * data[at]! + GREEN * data[at + 1]! + BLUE * data[at + 2]!;
    sums[column]! += sum;
  }
}

/** The thumbprint of a picture mirrored left to right. */
export const mirroredPrint = (print: Uint8Array): Uint8Array => print.map((_, i) => print[i - (i % SIDE) + SIDE - 1 - (i % SIDE)]!);
