import {createHash} from 'node:crypto';
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import fc from 'fast-check';
import {TORCHVISION_PREPROCESSING} from '../../src/core/preprocessing.js';
import {createRng, shuffle} from '../../src/core/rng.js';
import {AUGMENTATIONS, augment} from '../../src/datasets/augmentation/augment.js';
import {
  imageBatches,
  type BatchOptions,
  type ImageBatch,
} from '../../src/datasets/augmentation/batches.js';
import {checkImages} from '../../src/datasets/inspection/check.js';
import {openImageCache, type ImageCache} from '../../src/datasets/cache/image-cache.js';
import {everySample, loadImageFolder} from '../../src/datasets/discovery/image-folder.js';
import type {ImageFolder, Sample} from '../../src/datasets/sample.js';
import {readSplit, toSplitDocument} from '../../src/datasets/splitting/split-file.js';
import {planSplit} from '../../src/datasets/splitting/split.js';
import type {ReadableImages, Split} from '../../src/datasets/splitting/splits.js';
import {truncatedImages} from '../fixtures/broken-images.js';
import {unusualImages} from '../fixtures/unusual-images.js';
import {inChild, SRC} from '../helpers/in-child.js';
import {temporaryDirectory} from '../helpers/temporary.js';
import {writeImages, of as named, writeTree} from '../helpers/images.js';

const namesOf = (samples: readonly Sample[]): string[] => samples.map(({name}) => name);

interface AnyDataset {
  readonly folder: ImageFolder;
  readonly contents: ReadableImages;
}

/** A file: in which part and class it lies, what it holds, whether it can be read. */
const anyFile = fc.record({
  subset: fc.constantFrom(
    'samples' as const,
    'samples' as const,
    'validation' as const,
    'test' as const,
  ),
  label: fc.integer({min: 0, max: 2}),
  content: fc.integer({min: 0, max: 40}),
  isBroken: fc.boolean(),
});

/** Any folder that leaves something to train and to validate on: with parts of its own or without, copies everywhere, broken files. */
const anyDataset = fc
  .record({
    files: fc.array(anyFile, {maxLength: 80}),
    ownValidation: fc.boolean(),
    ownTest: fc.boolean(),
  })
  .map(({files, ownValidation, ownTest}): AnyDataset => {
    const sure = [0, 1, 2].flatMap(label =>
      (['samples', 'samples', 'validation', 'test'] as const).map((subset, i) => ({
        subset,
        label,
        content: 100 + 10 * label + i,
        isBroken: false,
      })),
    );
    const all = [...files, ...sure].map(({subset, label, content, isBroken}, i) => ({
      ...{subset, isBroken, hash: String(content)},
      sample: {path: `/${i}`, name: `${subset}/${label}/${i}`, label},
    }));
    const of = (subset: string): Sample[] =>
      all.filter(file => file.subset === subset).map(({sample}) => sample);
    const folder: ImageFolder = {
      ...{
        root: '/any',
        classNames: ['a', 'b', 'c'],
        samples: of('samples'),
        findings: [],
        layout: 'splits',
      },
      ...(ownValidation && {validation: of('validation')}),
      ...(ownTest && {test: of('test')}),
    };
    const hashes = new Map(all.map(({sample, hash}) => [sample.name, hash]));
    const broken = new Set(all.filter(({isBroken}) => isBroken).map(({sample}) => sample.name));
    return {
      folder,
      contents: {
        samples: everySample(folder).filter(({name}) => !broken.has(name)),
        contentHash: ({name}) => hashes.get(name)!,
      },
    };
  });

const anyShares = fc.record({
  valSplit: fc.double({min: 0.01, max: 1, noNaN: true}),
  testSplit: fc.double({min: 0, max: 1, noNaN: true}),
  seed: fc.integer(),
});

const splitsOf = ({train, validation, test}: Split): (readonly Sample[])[] => [
  train,
  validation,
  test,
];

describe('for any folder, a split', () => {
  it('accounts for every image once: in a split, or skipped with a reason', () => {
    fc.assert(
      fc.property(anyDataset, anyShares, ({folder, contents}, shares) => {
        const split = planSplit(folder, contents, shares);
        const reported = [...splitsOf(split).flatMap(namesOf), ...split.skipped.keys()];
        expect(reported.sort()).to.deep.equal(namesOf(everySample(folder)).sort());
        expect([...split.skipped.values()].every(reason => reason.length > 0)).to.equal(true);
      }),
      {seed: 4},
    );
  });

  it('has no file in two splits, and skips only exact duplicates', () => {
    fc.assert(
      fc.property(anyDataset, anyShares, ({folder, contents}, shares) => {
        const split = planSplit(folder, contents, shares);
        const splits = splitsOf(split).map(
          subset => new Set(subset.map(sample => contents.contentHash(sample))),
        );
        const distinct = new Set(contents.samples.map(sample => contents.contentHash(sample)));
        expect(splits.reduce((sum, {size}) => sum + size, 0)).to.equal(distinct.size);
        expect(new Set(splits.flatMap(subset => [...subset]))).to.deep.equal(distinct);
      }),
      {seed: 5},
    );
  });

  it('comes back from its file', async () => {
    const path = join(temporaryDirectory(), 'split.json');
    await fc.assert(
      fc.asyncProperty(anyDataset, anyShares, async ({folder, contents}, shares) => {
        const split = planSplit(folder, contents, shares);
        writeFileSync(path, JSON.stringify(toSplitDocument(split)));
        const read = await readSplit(path, folder, contents);
        expect(splitsOf(read)).to.deep.equal(splitsOf(split));
        expect(read.skipped).to.deep.equal(split.skipped);
      }),
      {seed: 6, numRuns: 30},
    );
  });
});

describe('for any samples, an order', () => {
  it('is each of them once, the same for the same keys', () => {
    fc.assert(
      fc.property(
        fc.integer({min: 0, max: 500}),
        fc.array(fc.oneof(fc.integer(), fc.string())),
        (count, keys) => {
          const items = Array.from({length: count}, (_, i) => i);
          const order = shuffle(items, createRng(...keys));
          expect(order.toSorted((a, b) => a - b)).to.deep.equal(items);
          expect(shuffle(items, createRng(...keys))).to.deep.equal(order);
        },
      ),
      {seed: 7},
    );
  });
});

const SIZE = 6;
const AREA = SIZE * SIZE * 3;

/** Images that never were files, each unlike the others. */
function drawn(count: number): {cache: ImageCache; samples: readonly Sample[]} {
  const samples = Array.from({length: count}, (_, i) => ({
    path: `/${i}`,
    name: `any/${i}`,
    label: i % 3,
  }));
  const image = ({name}: Sample) => {
    const stream = createRng('drawn', name);
    return {
      width: 9,
      height: 8,
      data: Uint8Array.from({length: 9 * 8 * 3}, () => stream.integer(256)),
    };
  };
  return {
    samples,
    cache: {findings: [], samples, contentHash: ({name}) => name, image, close: async () => {}},
  };
}

const anyBatches = fc.record({
  count: fc.integer({min: 0, max: 40}),
  batchSize: fc.integer({min: 1, max: 17}),
  prefetch: fc.integer({min: 0, max: 4}),
  seed: fc.integer(),
  epoch: fc.integer({min: 0, max: 100}),
  name: fc.constantFrom('none' as const, 'light' as const, 'standard' as const),
});

describe('for any batches, an epoch', () => {
  it('shows every sample once with its own label, and the pixels that its seed, epoch and name give', async () => {
    await fc.assert(
      fc.asyncProperty(anyBatches, async ({count, batchSize, prefetch, seed, epoch, name}) => {
        const {cache, samples} = drawn(count);
        const augmentation = AUGMENTATIONS[name];
        const options: BatchOptions = {
          batchSize,
          prefetch,
          size: SIZE,
          view: {kind: 'augmented', augmentation, seed, epoch},
        };
        const batches: ImageBatch[] = [];
        for await (const batch of imageBatches(cache, samples, {
          ...options,
          order: {shuffle: {seed, epoch}},
        })) {
          batches.push({...batch, images: batch.images.slice()}); // they are lent
        }
        const order = batches.flatMap(({indices}) => [...indices]);
        const all = samples.map((_, i) => i);
        expect(order).to.deep.equal(shuffle(all, createRng(seed, 'order', epoch)));
        expect(batches.slice(0, -1).every(({labels}) => labels.length === batchSize)).to.equal(
          true,
        );
        for (const {images, labels, indices} of batches) {
          expect([...labels]).to.deep.equal([...indices].map(index => samples[index]!.label));
          for (const [position, index] of indices.entries()) {
            const image = await cache.image(samples[index]!);
            const pixels = augment(
              image,
              SIZE,
              augmentation,
              createRng(seed, 'augment', epoch, samples[index]!.name),
            );
            expect(
              Buffer.compare(images.subarray(position * AREA, (position + 1) * AREA), pixels),
            ).to.equal(0);
          }
        }
      }),
      {seed: 8, numRuns: 60},
    );
  });

  it('is the same on one thread and on many', async function () {
    this.timeout(30_000);
    const script = `
      import {createHash} from 'node:crypto';
      import {augmentAll} from '${SRC}/datasets/augmentation/augment-threads.js';
      import {AUGMENTATIONS} from '${SRC}/datasets/augmentation/augment.js';
      const data = Uint8Array.from({length: 24 * 24 * 3}, (_, i) => (i * 7) % 256);
      const images = Array.from({length: 23}, (_, i) => ({name: String(i), image: {width: 24, height: 24, data}}));
      const {pixels} = await augmentAll(images, {size: 16, augmentation: AUGMENTATIONS.standard, seed: 1, epoch: 2});
      console.log(createHash('sha256').update(pixels).digest('hex'));`;
    const ended = [];
    for (const threads of ['1', '2', '8'])
      ended.push(await inChild(script, {UV_THREADPOOL_SIZE: threads}));
    const [first, ...others] = ended.map(({stdout, stderr}) => stdout || stderr);
    expect(first).to.match(/^[0-9a-f]{64}\n$/);
    others.forEach(hash => expect(hash).to.equal(first));
  });
});

describe('for any number of workers, a folder', function () {
  this.timeout(60_000);

  let folder: ImageFolder | undefined;
  before(async () => {
    const root = temporaryDirectory();
    await writeImages(root, [...named('odd', 150), ...named('plain', 150)]);
    for (const [name, bytes] of await unusualImages()) writeTree(root, {[`odd/${name}`]: bytes});
    for (const [name, bytes] of [...(await truncatedImages())].slice(0, 15))
      writeTree(root, {[`plain/${name}`]: bytes});
    folder = await loadImageFolder(root);
  });

  it('gives the same report', async () => {
    const [one, ...others] = await Promise.all(
      [1, 2, 7].map(workers => checkImages(folder!, {workers})),
    );
    expect(one!.findings.length).to.be.above(10);
    others.forEach(report => expect(report).to.deep.equal(one));
  });

  it('gives the same pixels, from memory and from a file', async () => {
    const fingerprint = async (workers: number, budgetBytes: number): Promise<string> => {
      const cache = await openImageCache(
        folder!.samples,
        {...TORCHVISION_PREPROCESSING, resizeSize: 16},
        {
          ...{
            classNames: folder!.classNames,
            workers,
            memoryLimitBytes: budgetBytes,
            directory: temporaryDirectory(),
          },
        },
      );
      const hash = createHash('sha256').update(JSON.stringify(cache.findings));
      for (const sample of cache.samples)
        hash.update(sample.name).update((await cache.image(sample)).data);
      await cache.close();
      return hash.digest('hex');
    };
    const first = await fingerprint(1, Infinity);
    for (const [workers, budget] of [
      [2, Infinity],
      [9, Infinity],
      [1, 0],
      [5, 0],
    ] as const) {
      expect(await fingerprint(workers, budget), `${workers} workers`).to.equal(first);
    }
  });
});
