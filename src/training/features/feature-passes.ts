import {throwIfAborted} from '../../core/errors.js';
import {inferenceBatchSize} from '../../backbones/activation-bytes.js';
import {isOnGpu} from '../../backend/graph/binding.js';
import type {Precision} from '../../backend/graph/precision.js';
import {pixelsToDevice} from '../../backend/ops/pixels.js';
import {tf, type Tensor4D} from '../../backend/tensorflow.js';
import type {FeatureRowStream} from './feature-rows.js';
import type {FeatureTable} from './feature-table.js';
import {yieldToEventLoop} from '../../core/async.js';
import type {PhaseModel} from '../loop/phase-model.js';
import {readImageBatches, batchToDevice, type ImageDataset} from '../loop/image-dataset.js';

/** Images per batch for the frozen groups: enough to keep a GPU busy, or few enough to fit into memory on a CPU. */
export const frozenBatchSize = ({classifier: {spec, preprocessing}}: PhaseModel): number =>
  isOnGpu() ? 128 : inferenceBatchSize(spec, preprocessing.cropSize, 32);

/** The frozen groups of a model below a frozen depth, in a given precision. */
export interface FrozenPass {
  readonly model: PhaseModel;
  readonly depth: number;
  readonly precision: Precision;
}

/** Shape of the features of one image at a frozen depth. Runs one blank image. */
export const featureShapeAt = (model: PhaseModel, depth: number, size: number): readonly number[] =>
  tf.tidy(() =>
    model
      .forwardFrozen(pixelsToDevice(new Uint8Array(size * size * 3), [1, size, size, 3]), 0, depth)
      .shape.slice(1),
  );

const range = (count: number): number[] => Array.from({length: count}, (_, index) => index);

/** Computes the features of one view of every image. */
export async function* computeImageFeatures(
  {model, depth, precision}: FrozenPass,
  source: ImageDataset,
  view: number,
): FeatureRowStream {
  for await (const batch of readImageBatches(
    source,
    range(source.samples.length),
    frozenBatchSize(model),
    view === 0 ? null : view,
  )) {
    const x = tf.tidy(() =>
      model.forwardFrozen(batchToDevice(batch, source.size), 0, depth, precision),
    );
    const rows = x.dataSync<'float32'>();
    x.dispose();
    yield rows;
    await yieldToEventLoop();
  }
}

/** Computes the features of one view from a table with a lower frozen depth, by running the groups in between. */
export async function* computeDeeperFeatures(
  {model, depth, precision}: FrozenPass,
  from: FeatureTable,
  view: number,
  signal: AbortSignal | undefined,
): FeatureRowStream {
  const maxRows = frozenBatchSize(model);
  for (let first = 0; first < from.count; first += maxRows) {
    const indices = range(Math.min(maxRows, from.count - first)).map(offset => first + offset);
    const rows = await from.rows(indices, () => view);
    const x = tf.tidy(() => {
      const featureMaps = tf.tensor(rows, [indices.length, ...from.rowShape] as number[]);
      return model.forwardFrozen(featureMaps as Tensor4D, from.depth, depth, precision);
    });
    const features = x.dataSync<'float32'>();
    x.dispose();
    yield features;
    await yieldToEventLoop();
    throwIfAborted(signal);
  }
}
