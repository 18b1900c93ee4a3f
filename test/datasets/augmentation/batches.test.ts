import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {AUGMENTATIONS} from '../../../src/datasets/augmentation/augment.js';
import {
  imageBatches,
  type BatchOptions,
  type ImageBatch,
} from '../../../src/datasets/augmentation/batches.js';
import {centerCrop} from '../../../src/datasets/images/crop.js';
import type {ImageCache} from '../../../src/datasets/cache/image-cache.js';
import type {Sample} from '../../../src/datasets/sample.js';
import type {DecodedImage} from '../../../src/datasets/images/resample.js';
import {failure} from '../../helpers/images.js';

const SIZE = 8;

const samples: readonly Sample[] = Array.from({length: 10}, (_, i) => ({
  path: `/pets/${i}`,
  name: `pets/${i}`,
  label: i % 3,
}));

const imageOf = ({name}: Sample): DecodedImage => {
  const seed = Number(name.split('/')[1]);
  return {
    width: 12,
    height: 10,
    data: Uint8Array.from({length: 360}, (_, i) => (i * 7 + seed * 31) % 256),
  };
};

/** A cache that answers after a while, the later samples sooner, and counts. */
function slowCache(
  image: (sample: Sample) => DecodedImage = imageOf,
): ImageCache & {requested: number} {
  const cache = {
    requested: 0,
    samples,
    findings: [],
    contentHash: ({name}: Sample) => name,
    close: async () => {},
    async image(sample: Sample) {
      cache.requested++;
      await sleep(10 - Number(sample.name.split('/')[1]));
      return image(sample);
    },
  };
  return cache;
}

const OPTIONS: BatchOptions = {batchSize: 4, size: SIZE, view: {kind: 'center'}};
const AUGMENTED: BatchOptions = {
  ...OPTIONS,
  view: {kind: 'augmented', augmentation: AUGMENTATIONS.standard, seed: 1, epoch: 2},
};

async function collect(
  cache: ImageCache,
  options: BatchOptions,
  of: readonly Sample[] = samples,
): Promise<ImageBatch[]> {
  const batches: ImageBatch[] = [];
  for await (const batch of imageBatches(cache, of, options))
    batches.push({...batch, images: batch.images.slice()});
  return batches;
}

/** The pixels of every sample by name, whatever the batches. */
function byName(batches: readonly ImageBatch[], of: readonly Sample[]): Map<string, string> {
  const area = SIZE * SIZE * 3;
  return new Map(
    batches.flatMap(({images, indices}) =>
      Array.from(indices, (index, i): [string, string] => [
        of[index]!.name,
        images.slice(i * area, (i + 1) * area).join(),
      ]),
    ),
  );
}

describe('imageBatches', () => {
  it('gives every sample once, in order, the last batch short', async () => {
    const batches = await collect(slowCache(), OPTIONS);
    expect(batches.map(({indices}) => [...indices])).to.deep.equal([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
    expect(batches.map(({labels}) => [...labels])).to.deep.equal([
      [0, 1, 2, 0],
      [1, 2, 0, 1],
      [2, 0],
    ]);
    expect(batches.map(({images}) => images.length / (SIZE * SIZE * 3))).to.deep.equal([4, 4, 2]);
    const pixels = byName(batches, samples);
    samples.forEach(sample =>
      expect(pixels.get(sample.name)).to.equal(centerCrop(imageOf(sample), SIZE).join()),
    );
  });

  it('shuffles by seed and epoch, losing nothing', async () => {
    const orders = await Promise.all(
      [
        {seed: 1, epoch: 0},
        {seed: 1, epoch: 0},
        {seed: 1, epoch: 1},
        {seed: 2, epoch: 0},
      ].map(async shuffle =>
        (await collect(slowCache(), {...OPTIONS, order: {shuffle}})).flatMap(({indices}) => [
          ...indices,
        ]),
      ),
    );
    orders.forEach(order =>
      expect(order.toSorted((a, b) => a - b)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
    );
    expect(orders[1]).to.deep.equal(orders[0]);
    expect(orders[2]).not.to.deep.equal(orders[0]);
    expect(orders[3]).not.to.deep.equal(orders[0]);
  });

  it('varies an image by seed, epoch and name: neither order nor batch size nor prefetch change it', async () => {
    const expected = byName(await collect(slowCache(), AUGMENTED), samples);
    const reversed = samples.toReversed();
    expect(
      byName(
        await collect(slowCache(), {...AUGMENTED, batchSize: 3, prefetch: 0}, reversed),
        reversed,
      ),
    ).to.deep.equal(expected);
    expect(
      byName(
        await collect(slowCache(), {...AUGMENTED, order: {shuffle: {seed: 9, epoch: 9}}}),
        samples,
      ),
    ).to.deep.equal(expected);
    const nextEpoch = {
      kind: 'augmented',
      augmentation: AUGMENTATIONS.standard,
      seed: 1,
      epoch: 3,
    } as const;
    const other = byName(await collect(slowCache(), {...OPTIONS, view: nextEpoch}), samples);
    samples.forEach(({name}) => expect(other.get(name)).not.to.equal(expected.get(name)));
  });

  it('varies an image that comes again in an epoch anew, and as ever where it comes first', async () => {
    const twice = [samples[0]!, samples[1]!, samples[0]!];
    const repeats = [0, 0, 1];
    const {view, ...options} = {...AUGMENTED, batchSize: 1};
    const pixels = async (given: BatchOptions['view']): Promise<string[]> => {
      const found: string[] = [];
      for await (const {images} of imageBatches(slowCache(), twice, {...options, view: given}))
        found.push(Buffer.from(images).toString('hex'));
      return found;
    };
    const [first, second, again] = await pixels({
      ...(view as Extract<BatchOptions['view'], {kind: 'augmented'}>),
      repeats,
    });
    expect([first, second, first]).to.deep.equal(await pixels(view));
    expect(again).to.not.equal(first);
  });

  it('makes so many batches ahead and no more', async () => {
    const cache = slowCache();
    const batches = imageBatches(cache, samples, {...OPTIONS, batchSize: 1, prefetch: 3});
    await batches.next();
    await sleep(20);
    expect(cache.requested).to.equal(4);
    await batches.next();
    await sleep(20);
    expect(cache.requested).to.equal(5);
    await batches.return();
  });

  it('holds no more than these over an epoch, however long that is', async () => {
    let used = 0;
    let most = 0;
    const cache = slowCache(sample => {
      most = Math.max(most, cache.requested - used);
      return imageOf(sample);
    });
    const many = Array.from({length: 200}, (_, i) => samples[i % 10]!);
    for await (const {labels} of imageBatches(cache, many, {...OPTIONS, prefetch: 2}))
      used += labels.length;
    expect(used).to.equal(200);
    expect(most).to.be.within(8, 3 * OPTIONS.batchSize);
  });

  it('stops working when the loop is left', async () => {
    const cache = slowCache();
    for await (const {indices} of imageBatches(cache, samples, {
      ...OPTIONS,
      batchSize: 2,
      prefetch: 1,
    }))
      if (indices[0] === 0) break;
    await sleep(20);
    expect(cache.requested).to.equal(4);
  });

  it('throws what reading an image throws, when its batch is due', async () => {
    const cache = slowCache(sample => {
      if (sample.name === 'pets/5') throw new Error('gone');
      return imageOf(sample);
    });
    const batches = imageBatches(cache, samples, OPTIONS);
    expect((await batches.next()).value!.indices).to.have.length(4);
    await sleep(20);
    expect((await failure(batches.next())).message).to.equal('gone');
    expect((await batches.next()).done).to.equal(true);
  });

  it('stops when aborted', async () => {
    const controller = new AbortController();
    const batches = imageBatches(slowCache(), samples, {...OPTIONS, signal: controller.signal});
    await batches.next();
    controller.abort();
    expect((await failure(batches.next())).message).to.equal('The run was stopped.');
  });

  it('gives nothing for nothing', async () => {
    expect(await collect(slowCache(), OPTIONS, [])).to.deep.equal([]);
  });
});
