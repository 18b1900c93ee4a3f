import {imagesAtATime} from '../backbones/activation-bytes.js';
import {isOnGpu} from '../engine/binding.js';
import type {Precision} from '../engine/precision.js';
import {uploadPixels} from '../engine/pixels.js';
import {tf, type Tensor4D} from '../engine/tensorflow.js';
import type {RowSource} from './feature-rows.js';
import type {FeatureTable} from './feature-table.js';
import {nextTurn} from './next-turn.js';
import type {PhaseNetwork} from './phase-network.js';
import {pictures, toPixels, type PictureSource} from './pictures.js';

/** Images run through the frozen groups at a time while a table is filled: enough to keep a GPU busy, or few to hold in memory. */
export const rowsAtATime = ({classifier: {spec, preprocessing}}: PhaseNetwork): number =>
  isOnGpu() ? 128 : imagesAtATime(spec, preprocessing.cropSize, 32);

/** The frozen groups below a boundary of a network, in a precision. */
export interface Pass {
  readonly network: PhaseNetwork;
  readonly boundary: number;
  readonly precision: Precision;
}

/** Shape of what crosses a boundary of a network, for one picture. Runs one blank picture. */
export const rowShapeAt = (network: PhaseNetwork, boundary: number, size: number): readonly number[] =>
  tf.tidy(() => network.lower(uploadPixels(new Uint8Array(size * size * 3), [1, size, size, 3]), 0, boundary).shape.slice(1));

const allOf = (count: number): number[] => Array.from({length: count}, (_, index) => index);

/** Runs one view of every picture through the frozen groups. */
export async function* featuresOfPictures({network, boundary, precision}: Pass, source: PictureSource, view: number): RowSource {
  for await (const batch of pictures(source, allOf(source.samples.length), rowsAtATime(network), view === 0 ? null : view)) {
    const x = tf.tidy(() => network.lower(toPixels(batch, source.size), 0, boundary, precision));
    const rows = x.dataSync<'float32'>();
    x.dispose();
    yield rows;
    await nextTurn();
  }
}

/** Runs one view of every row of a table with a lower boundary through the groups between the two. */
export async function* featuresOfTable(
  {network, boundary, precision}: Pass,
  from: FeatureTable,
  view: number,
  signal: AbortSignal | undefined,
): RowSource {
  const most = rowsAtATime(network);
  for (let first = 0; first < from.count; first += most) {
    const indices = allOf(Math.min(most, from.count - first)).map(offset => first + offset);
    const rows = await from.rows(indices, () => view);
    const x = tf.tidy(() => {
      const maps = tf.tensor(rows, [indices.length, ...from.rowShape] as number[]);
      return network.lower(maps as Tensor4D, from.boundary, boundary, precision);
    });
    const features = x.dataSync<'float32'>();
    x.dispose();
    yield features;
    await nextTurn();
    signal?.throwIfAborted();
  }
}
