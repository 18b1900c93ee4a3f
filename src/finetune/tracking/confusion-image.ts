import {encodePng} from '../../datasets/images/thumbnail.js';
import type {Metrics} from '../../training/metrics/metrics.js';
import type {SummaryImage} from './summary-event.js';

/** Side of the image in pixels for few classes, and of one cell at most. */
const IMAGE_SIDE = 512;
const LARGEST_CELL = 64;

type Rgb = readonly [red: number, green: number, blue: number];
const EMPTY: Rgb = [255, 255, 255];
const FULL: Rgb = [8, 48, 107];

const shade = (fraction: number): number[] =>
  EMPTY.map((channel, i) => Math.round(channel + (FULL[i]! - channel) * fraction));

/** Draws a confusion matrix: rows are true classes from the top, columns are predicted ones; the darker, the larger the share of the row. */
export async function confusionImage({
  confusionMatrix,
}: Pick<Metrics, 'confusionMatrix'>): Promise<SummaryImage> {
  const classes = confusionMatrix.length;
  const cell = Math.max(1, Math.min(LARGEST_CELL, Math.floor(IMAGE_SIDE / classes)));
  const side = classes * cell;
  const colors = confusionMatrix.map(row => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map(count => shade(total === 0 ? 0 : count / total));
  });
  const data = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      data.set(colors[Math.floor(y / cell)]![Math.floor(x / cell)]!, (y * side + x) * 3);
  return {bytes: await encodePng({data, width: side, height: side}), width: side, height: side};
}
