import type {DecodedImage} from './resample.js';

/** Rec. 601 luma in 1/256 (ITU-R BT.601). */
const [RED, GREEN, BLUE] = [77, 150, 29];

/** Start of each cell along a side of `length` pixels. Every cell has a pixel, even in images smaller than the grid. */
const computeCellEdges = (length: number, side: number): Int32Array =>
  Int32Array.from({length: side + 1}, (_, i) => Math.floor((i * length) / side));

/**
 * Computes the mean luminance of each cell of a grid over the image, without its aspect ratio.
 *
 * @returns `[side, side]`, 0..255, top row first
 */
export function computeCellLuminances(
  {data, width, height}: DecodedImage,
  side: number,
): Float32Array {
  const [columns, rows] = [computeCellEdges(width, side), computeCellEdges(height, side)];
  const means = new Float32Array(side * side);
  const sums = new Float64Array(side);
  for (let row = 0; row < side; row++) {
    const top = rows[row]!;
    const bottom = Math.max(top + 1, rows[row + 1]!);
    sums.fill(0);
    for (let y = top; y < bottom; y++) addRow(data, y * width, columns, sums);
    for (let column = 0; column < side; column++) {
      const area = (bottom - top) * Math.max(1, columns[column + 1]! - columns[column]!);
      means[row * side + column] = sums[column]! / (256 * area);
    }
  }
  return means;
}

function addRow(data: Uint8Array, start: number, columns: Int32Array, sums: Float64Array): void {
  for (let column = 0; column < sums.length; column++) {
    const from = start + columns[column]!;
    const end = Math.max(from + 1, start + columns[column + 1]!);
    let sum = 0;
    for (let at = from * 3; at < end * 3; at += 3)
      sum += RED * data[at]! + GREEN * data[at + 1]! + BLUE * data[at + 2]!;
    sums[column]! += sum;
  }
}
