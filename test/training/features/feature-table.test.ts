import {expect} from 'chai';
import type {GroupLearningRates} from '../../../src/backbones/layer-groups.js';
import {countNativeHandles} from '../../../src/backend/graph/binding.js';
import {tf, type Tensor} from '../../../src/backend/tensorflow.js';
import {
  computeDeeperFeatures,
  frozenBatchSize,
  featureShapeAt,
} from '../../../src/training/features/feature-passes.js';
import {storeRows} from '../../../src/training/features/feature-rows.js';
import {FeatureTable} from '../../../src/training/features/feature-table.js';
import {featureBatchSource} from '../../../src/training/loop/batch-source.js';
import {buildFeatureTable} from '../../../src/training/features/build-feature-table.js';
import {createPhaseModel, type PhaseModel} from '../../../src/training/loop/phase-model.js';
import {
  readImageBatches,
  batchToDevice,
  type ImageDataset,
} from '../../../src/training/loop/image-dataset.js';
import {useBackend} from '../../helpers/backend.js';
import {imageDataset} from '../../helpers/image-dataset.js';
import {randomClassifier} from '../../helpers/random-classifier.js';

const PROBE: GroupLearningRates = {
  stem: null,
  stage1: null,
  stage2: null,
  stage3: null,
  stage4: null,
  head: 0.1,
};

/** What the frozen groups make of images, run together and at once. */
async function direct(
  network: PhaseModel,
  source: ImageDataset,
  boundary: number,
  epoch: number | null,
): Promise<Float32Array> {
  const order = source.samples.map((_, i) => i);
  for await (const batch of readImageBatches(source, order, order.length, epoch)) {
    return tf.tidy(() =>
      network
        .forwardFrozen(batchToDevice(batch, source.size), 0, boundary)
        .dataSync<'float32'>()
        .slice(),
    );
  }
  throw new Error('Expected a batch, but found none.');
}

const rowsOf = (table: FeatureTable, view: number): Promise<Float32Array> =>
  table.rows(
    Array.from({length: table.count}, (_, i) => i),
    () => view,
  );

/** Maps are kept as halves, of 11 bits. */
const toleranceAt = (boundary: number): number => (boundary === 3 ? 1e-5 : 2 ** -11 + 1e-5);

function expectClose(found: Float32Array, expected: Float32Array, tolerance = 1e-5): void {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const worst = found.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
  expect(found.length).to.equal(expected.length);
  expect(worst / largest).to.be.below(tolerance);
}

describe('a table of features', () => {
  useBackend();

  const made: {dispose(): void}[] = [];
  afterEach(() => made.splice(0).forEach(thing => thing.dispose()));

  function probeNetwork(): PhaseModel {
    const classifier = randomClassifier({size: 32, head: {pooling: 'avg+max'}});
    const network = createPhaseModel(classifier, {learningRates: PROBE, batchNorm: 'inference'});
    made.push(classifier, network);
    return network;
  }

  const filled = (
    network: PhaseModel,
    source: ImageDataset,
    boundary: number,
    views: number,
    lower?: FeatureTable,
    onProgress?: (done: number, total: number) => void,
  ): Promise<FeatureTable> => {
    const pass = {model: network, depth: boundary, precision: 'fp32'} as const;
    const rowShape = featureShapeAt(network, boundary, source.size);
    return buildFeatureTable(
      {pass, source, rowShape, views, inMemory: true, ...(lower && {lowerTable: lower})},
      {memoryLimitBytes: 0, ...(onProgress && {onProgress})},
    );
  };

  it('knows the shape of what crosses each boundary', () => {
    const network = probeNetwork();
    expect([1, 2, 3].map(boundary => featureShapeAt(network, boundary, 32))).to.deep.equal([
      [8, 8, 64],
      [8, 8, 64],
      [256],
    ]);
    expect(FeatureTable.bytes([8, 8, 64], 10, 3)).to.equal(2 * 4096 * 30);
    expect(FeatureTable.bytes([256], 10, 3)).to.equal(4 * 256 * 30);
  });

  for (const boundary of [1, 2, 3]) {
    it(`at boundary ${boundary} holds what the frozen groups give, more images than are run at a time`, async () => {
      const [network, source] = [probeNetwork(), imageDataset({count: 40})];
      const table = await filled(network, source, boundary, 2);
      expectClose(
        await rowsOf(table, 0),
        await direct(network, source, boundary, null),
        toleranceAt(boundary),
      );
      expectClose(
        await rowsOf(table, 1),
        await direct(network, source, boundary, 1),
        toleranceAt(boundary),
      );
    });
  }

  it('holds views that differ, the plain image first', async () => {
    const [network, source] = [probeNetwork(), imageDataset()];
    const table = await filled(network, source, 3, 3);
    const [plain, first, second] = await Promise.all([0, 1, 2].map(view => rowsOf(table, view)));
    expect(first).to.not.deep.equal(plain);
    expect(second).to.not.deep.equal(plain);
    expect(second).to.not.deep.equal(first);
  });

  it('is the same from a lower table as from images', async () => {
    const network = probeNetwork();
    const rows = frozenBatchSize(network);
    const count = rows + 8;
    const source = imageDataset({count});
    const [lower, whole] = [
      await filled(network, source, 1, 2),
      await filled(network, source, 3, 2),
    ];
    const done: number[] = [];
    const table = await filled(network, source, 3, 2, lower, soFar => done.push(soFar));
    // The lower table's halves, through two stages.
    for (const view of [0, 1])
      expectClose(await rowsOf(table, view), await rowsOf(whole, view), 1e-3);
    expect(done).to.deep.equal([rows, count, count + rows, 2 * count]);
  });

  it('stops between batches when told to', async () => {
    const network = probeNetwork();
    const source = imageDataset({count: frozenBatchSize(network) + 8});
    const lower = await filled(network, source, 1, 1);
    const stop = new AbortController();
    const rows = computeDeeperFeatures(
      {model: network, depth: 3, precision: 'fp32'},
      lower,
      0,
      stop.signal,
    );
    const seen: number[] = [];
    const outcome = await (async () => {
      for await (const some of rows) {
        seen.push(some.length / 256);
        stop.abort();
      }
    })().catch((error: Error) => error.name);
    expect([outcome, seen]).to.deep.equal(['AbortError', [frozenBatchSize(network)]]);
  });

  it('gives rows in any order, each of its own view', async () => {
    const [network, source] = [probeNetwork(), imageDataset()];
    const table = await filled(network, source, 3, 2);
    const rows = await table.rows([4, 0], index => (index === 4 ? 1 : 0));
    expect(rows.slice(0, 256)).to.deep.equal((await rowsOf(table, 1)).slice(4 * 256, 5 * 256));
    expect(rows.slice(256)).to.deep.equal((await rowsOf(table, 0)).slice(0, 256));
  });

  it('draws the view of a sample by seed and epoch; shows the plain image outside of epochs', async () => {
    const nothing = async function* (): AsyncGenerator<Float32Array> {};
    const views = await Promise.all(
      [0, 1, 2].map(() => storeRows({shape: [1], count: 300}, nothing(), true)),
    );
    const table = new FeatureTable(3, [1], 300, views);
    const shown = (seed: number, epoch: number | null): number[] =>
      Array.from({length: 300}, (_, i) => table.viewForEpoch(seed, epoch, i));
    expect(shown(1, 1)).to.deep.equal(shown(1, 1));
    expect(shown(1, 1)).to.not.deep.equal(shown(1, 2));
    expect(shown(1, 1)).to.not.deep.equal(shown(2, 1));
    expect(new Set(shown(1, null))).to.deep.equal(new Set([0]));
    // What comes again in an epoch shows the other views, one after the other.
    const repeats = [0, 1, 2, 3].map(repeat => table.viewForEpoch(1, 1, 5, repeat));
    expect(new Set(repeats.slice(0, 3)).size).to.equal(3);
    expect(repeats[3]).to.equal(repeats[0]);
    // 100 expected each; seven standard deviations of 8.2.
    for (const view of [0, 1, 2])
      expect(shown(1, 1).filter(drawn => drawn === view).length).to.be.within(43, 157);
  });

  it('feeds what comes again in a batch with another view', async () => {
    const [network, source] = [probeNetwork(), imageDataset({count: 5})];
    const inputs = featureBatchSource(
      await filled(network, source, 3, 2),
      Int32Array.of(0, 1, 2, 0, 1),
      1,
    );
    for await (const {x} of inputs.batches([4, 3, 4], 3, 1, [0, 0, 1])) {
      const rows = (x as Tensor).arraySync() as number[][];
      x.dispose();
      expect(rows[2]).to.not.deep.equal(rows[0]);
    }
  });

  it('feeds batches with the labels that belong to the rows, the last one short', async () => {
    const [network, source] = [probeNetwork(), imageDataset({count: 5})];
    const table = await filled(network, source, 3, 1);
    const before = [tf.memory().numTensors, countNativeHandles()];
    const inputs = featureBatchSource(table, Int32Array.of(0, 1, 2, 0, 1), 1);
    const seen: {shape: readonly number[]; labels: number[]}[] = [];
    for await (const {x, labels} of inputs.batches([4, 3, 2, 1, 0], 2, 1)) {
      seen.push({shape: x.shape, labels: [...labels]});
      (x as Tensor).dispose();
    }
    expect(seen).to.deep.equal([
      {shape: [2, 256], labels: [1, 0]},
      {shape: [2, 256], labels: [2, 1]},
      {shape: [1, 256], labels: [0]},
    ]);
    expect([tf.memory().numTensors, countNativeHandles()]).to.deep.equal(before);
  });
});
