import {expect} from 'chai';
import {
  LAYER_GROUPS,
  type GroupLearningRates,
  type LayerGroup,
} from '../../../src/backbones/layer-groups.js';
import {tf} from '../../../src/backend/tensorflow.js';
import type {Classifier} from '../../../src/heads/classifier.js';
import {SharedFeatureCache} from '../../../src/training/features/feature-pool.js';
import {FeatureCache, modelLayerGroups} from '../../../src/training/features/feature-cache.js';
import {FeatureTable} from '../../../src/training/features/feature-table.js';
import type {BatchSource} from '../../../src/training/loop/batch-source.js';
import {createPhaseModel, type PhaseModel} from '../../../src/training/loop/phase-model.js';
import type {ImageDataset} from '../../../src/training/loop/image-dataset.js';
import {useBackend} from '../../helpers/backend.js';
import {imageDataset} from '../../helpers/image-dataset.js';
import {randomClassifier} from '../../helpers/random-classifier.js';

const COUNT = 9;
/** Bytes of one view of every image, by boundary: above the stem, above stage 1, and pooled above stage 2. */
const BYTES = [[], [8, 8, 64], [8, 8, 64], [128]].map(shape =>
  FeatureTable.bytes(shape, COUNT, 1),
) as [number, number, number, number];

const training = (...groups: readonly LayerGroup[]): GroupLearningRates =>
  Object.fromEntries(
    LAYER_GROUPS.map(group => [group, groups.includes(group) ? 0.1 : null]),
  ) as Record<LayerGroup, number | null>;

describe('a store of features', () => {
  useBackend();

  let classifier: Classifier;
  const made: {dispose(): void}[] = [];
  beforeEach('make a classifier', () => made.push((classifier = randomClassifier({size: 32}))));
  afterEach(() => made.splice(0).forEach(thing => thing.dispose()));

  const network = (...trained: readonly LayerGroup[]): PhaseModel => {
    const phase = createPhaseModel(classifier, {
      learningRates: training(...trained),
      batchNorm: 'inference',
    });
    made.push(phase);
    return phase;
  };

  const store = (
    budgetBytes: number,
    views = 3,
    onProgress: (done: number, total: number) => void = () => undefined,
  ): FeatureCache =>
    new FeatureCache(imageDataset({count: COUNT}), views, {
      memoryLimitBytes: budgetBytes,
      onProgress,
    });

  /** What crosses the boundary of a network. */
  async function values(
    inputs: BatchSource,
    epoch: number | null,
    {forwardToFrozenDepth: toBoundary}: PhaseModel = network('head'),
  ): Promise<number[]> {
    const all: number[] = [];
    const order = Array.from({length: inputs.count}, (_, i) => i);
    for await (const {x} of inputs.batches(order, 4, epoch)) {
      all.push(...tf.tidy(() => toBoundary(x).dataSync()));
      x.dispose();
    }
    return all;
  }

  const largest = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0) /
    a.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

  it('gives a phase what its frozen groups make of the images', async () => {
    const probe = network('head');
    const {inputs, cached} = await store(1e9).inputs(probe);
    const uncached = await store(0).inputs(probe);
    expect([cached, uncached.cached]).to.deep.equal([true, false]);
    expect(inputs.count).to.equal(COUNT);
    expect(largest(await values(inputs, null), await values(uncached.inputs, null))).to.be.below(
      1e-5,
    );
  });

  it('takes its samples from what other runs have of all images, which are run through the frozen groups once', async () => {
    const all = imageDataset({count: COUNT});
    const pool = new SharedFeatureCache(all);
    const part = (picked: (index: number) => boolean): ImageDataset => ({
      ...all,
      samples: all.samples.filter((_, i) => picked(i)),
    });
    const passed: number[] = [];
    const shared = (source: ImageDataset, views: number): FeatureCache =>
      new FeatureCache(source, views, {
        memoryLimitBytes: 1e9,
        sharedCache: pool,
        onProgress: done => passed.push(done),
      });
    const probe = network('head');
    const [even, odd] = [part(i => i % 2 === 0), part(i => i % 2 === 1)];
    for (const [train, validation] of [
      [even, odd],
      [odd, even],
    ] as const) {
      const stores = [shared(train, 3), shared(validation, 1)];
      const [own, alone] = [
        await stores[0]!.inputs(probe),
        await new FeatureCache(train, 3, {memoryLimitBytes: 1e9}).inputs(probe),
      ];
      for (const epoch of [null, 1, 2]) {
        expect(
          largest(await values(own.inputs, epoch), await values(alone.inputs, epoch)),
        ).to.be.below(1e-5);
      }
      expect((await stores[1]!.inputs(probe)).inputs.count).to.equal(validation.samples.length);
      for (const each of stores) await each.clear();
    }
    // The three views of every image, and nothing after the first run.
    expect(passed.at(-1)).to.equal(3 * COUNT);
    expect(passed.filter(done => done === 3 * COUNT)).to.have.length(1);
    expect(pool.memoryBytes).to.be.above(0);
    await pool.close();
    expect(pool.memoryBytes).to.equal(0);
  });

  it('computes for itself what hangs on weights that it has moved', async () => {
    const all = imageDataset({count: COUNT});
    const pool = new SharedFeatureCache(all);
    const store = new FeatureCache({...all, samples: all.samples.slice(0, 4)}, 1, {
      memoryLimitBytes: 1e9,
      sharedCache: pool,
    });
    await store.inputs(network('head'));
    const before = pool.memoryBytes;
    await store.retainOnly([], new Set(['stage2']), []);
    const {inputs, cached} = await store.inputs(network('stage2', 'head'));
    expect([cached, inputs.count]).to.deep.equal([true, 4]);
    expect(pool.memoryBytes).to.equal(before);
    await pool.close();
  });

  it('keeps no maps where it is told so, vectors all the same', async () => {
    const features = new FeatureCache(imageDataset({count: COUNT}), 3, {
      memoryLimitBytes: 1e9,
      cachesFeatureMaps: false,
    });
    const probe = network('head');
    const fromMaps = await store(1e9).inputs(probe, [2]);
    const top = network('stage2', 'head');
    const {inputs, cached} = await features.inputs(probe, [3, 2]);
    expect([cached, (await features.inputs(top, [2])).cached]).to.deep.equal([true, false]);
    expect(largest(await values(inputs, 2), await values(fromMaps.inputs, 2))).to.be.below(1e-3);
  });

  it('varies the images from epoch to epoch, within the views it holds', async () => {
    const {inputs} = await store(1e9).inputs(network('head'));
    const epochs = await Promise.all([1, 2, 3, 4].map(epoch => values(inputs, epoch)));
    const plain = await values(inputs, null);
    expect(epochs[0]).to.not.deep.equal(epochs[1]);
    const rowOf = (all: readonly number[], i: number): string =>
      all.slice(i * 128, (i + 1) * 128).join();
    for (let i = 0; i < COUNT; i++) {
      const shown = new Set([...epochs, plain].map(all => rowOf(all, i)));
      expect(shown.size, `image ${i}`).to.be.at.most(3);
    }
  });

  it('fills the lowest table first where a later phase starts there, and makes the higher from it', async () => {
    const progress: string[] = [];
    const features = store(1e9, 3, (done, total) => progress.push(`${done}/${total}`));
    await features.inputs(network('head'), [3, 2]);
    expect(progress).to.deep.equal(['9/27', '18/27', '27/27', '9/27', '18/27', '27/27']);
    progress.length = 0;
    const {inputs, cached} = await features.inputs(network('stage2', 'head'), [2]);
    expect([cached, progress]).to.deep.equal([true, []]);
    const fresh = await store(1e9).inputs(network('stage2', 'head'));
    expect(await values(inputs, 1)).to.deep.equal(await values(fresh.inputs, 1));
  });

  it('gives the same features whether the table was made from a lower one or from images', async () => {
    const probe = network('head');
    const [through, direct] = [await store(1e9).inputs(probe, [2]), await store(1e9).inputs(probe)];
    // A lower table keeps its maps as halves.
    expect(largest(await values(through.inputs, 2), await values(direct.inputs, 2))).to.be.below(
      1e-3,
    );
  });

  it('keeps fewer views where memory is short, and none below the plain image and one variation', async () => {
    const probe = network('head');
    const viewsOf = async (views: number): Promise<number> => {
      let total = 0;
      await store(views * BYTES[3], 3, (_, rows) => (total = rows)).inputs(probe);
      return total / COUNT;
    };
    expect([
      await viewsOf(10),
      await viewsOf(3),
      await viewsOf(2.9),
      await viewsOf(2),
      await viewsOf(1.9),
    ]).to.deep.equal([3, 3, 2, 2, 0]);
  });

  it('keeps the plain images alone where nothing else was asked for', async () => {
    const {cached} = await store(BYTES[3], 1).inputs(network('head'));
    expect(cached).to.equal(true);
    expect((await store(BYTES[3] - 1, 1).inputs(network('head'))).cached).to.equal(false);
  });

  it('does not let a table for later phases take the room of the one that is wanted now', async () => {
    const totals: number[] = [];
    const features = store(3 * BYTES[2] + 2 * BYTES[3], 3, (_, total) => totals.push(total));
    const {cached} = await features.inputs(network('head'), [3, 2]);
    expect(cached).to.equal(true);
    expect(new Set(totals)).to.deep.equal(new Set([2 * COUNT]));
  });

  it('takes no more memory for a table than is left, though the lower one has more views', async () => {
    const totals: number[] = [];
    const features = store(3 * BYTES[1] + 2 * BYTES[2], 3, (_, total) => totals.push(total));
    await features.inputs(network('stage1', 'stage2', 'head'), []);
    expect(totals.at(-1)).to.equal(3 * COUNT);
    const {cached} = await features.inputs(network('stage2', 'head'), []);
    expect([cached, totals.at(-1)]).to.deep.equal([true, 2 * COUNT]);
  });

  it('holds nothing of a network in which nothing is frozen', async () => {
    const {cached, inputs} = await store(1e9).inputs(
      network('stem', 'stage1', 'stage2', 'head'),
      [0],
    );
    expect([cached, inputs.count]).to.deep.equal([false, COUNT]);
    for await (const {x} of inputs.batches([0, 1], 2, 1)) {
      expect(x.shape).to.deep.equal([2, 32, 32, 3]);
      x.dispose();
    }
  });

  it('drops what was computed through groups that have moved, and what nobody starts from', async () => {
    let filled = 0;
    const features = store(1e9, 3, () => filled++);
    const refilled = async (phase: PhaseModel): Promise<boolean> => {
      filled = 0;
      await features.inputs(phase);
      return filled > 0;
    };
    const [probe, top] = [network('head'), network('stage2', 'head')];
    await features.inputs(probe, [3, 2]);
    await features.retainOnly([2, 3], new Set(['head']), modelLayerGroups(probe));
    expect([await refilled(top), await refilled(probe)]).to.deep.equal([false, false]);
    await features.retainOnly([2, 3], new Set(['stage2', 'head']), modelLayerGroups(top));
    expect([await refilled(top), await refilled(probe)]).to.deep.equal([false, true]);
    await features.retainOnly([3], new Set(['head']), modelLayerGroups(probe));
    expect([await refilled(probe), await refilled(top)]).to.deep.equal([false, true]);
    await features.clear();
    expect(await refilled(probe)).to.equal(true);
  });

  it('has its images after a stage that has moved seen anew', async () => {
    const features = store(1e9);
    const [probe, top] = [network('head'), network('stage2', 'head')];
    const before = await values((await features.inputs(probe)).inputs, null);
    tf.tidy(() => classifier.weights.get('layer2.0.bn1.bias')!.assign(tf.ones([128])));
    await features.retainOnly([3], new Set(['stage2', 'head']), modelLayerGroups(top));
    const after = await values((await features.inputs(network('head'))).inputs, null);
    expect(after).to.not.deep.equal(before);
  });

  it('stops in the middle when told to, between batches, and keeps nothing half-made', async () => {
    const stop = new AbortController();
    const source = imageDataset({count: 70, signal: stop.signal});
    let done = 0;
    const features = new FeatureCache(source, 3, {
      memoryLimitBytes: 1e9,
      signal: stop.signal,
      onProgress: rows => (done = rows),
    });
    setImmediate(() => stop.abort());
    const outcome = await features.inputs(network('head')).catch((error: Error) => error.name);
    expect(outcome).to.equal('AbortedError');
    expect(done).to.be.below(210);
  });
});
