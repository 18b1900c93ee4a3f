import {expect} from 'chai';
import {
  inferenceBatchSize,
  inferenceBytesPerImage,
} from '../../../src/backbones/activation-bytes.js';
import type {BackboneSpec} from '../../../src/backbones/resnet-specs.js';
import {
  assertFitsMemory,
  cacheBudget,
  largestBatchSize,
  estimateMemory,
  InsufficientMemoryError,
  type MemoryFactors,
} from '../../../src/finetune/preparation/memory-need.js';
import {NAMED_SCHEDULES} from '../../../src/finetune/recipe/phases.js';
import type {Recipe} from '../../../src/finetune/recipe/recipe.js';
import {mergeRecipe} from '../../../src/finetune/recipe/resolve-recipe.js';

const GIB = 2 ** 30;
const MIB = 2 ** 20;

const spec = (
  arch: BackboneSpec['arch'],
  lastStage: BackboneSpec['lastStage'] = 4,
): BackboneSpec => ({
  arch,
  lastStage,
  strideIn1x1: false,
  batchNormEpsilon: 1e-5,
});

const sized = (
  schedule: 'full' | 'probe',
  batchSize: number,
  lastStage: BackboneSpec['lastStage'] = 4,
): MemoryFactors => ({
  batchSize,
  batchNorm: lastStage === 4 ? 'training' : 'inference',
  phases: NAMED_SCHEDULES[schedule]({
    lastStage,
    probe: {epochs: 1, lr: 0.1},
    main: {epochs: 1, lr: 0.1},
    discriminative: false,
  }),
});

const limited = (limit: number): {host: number; limit: number; limitSource: string} => ({
  host: 64 * GIB,
  limit,
  limitSource: '/sys/fs/cgroup/memory.max',
});

describe('the memory that a run needs', () => {
  // Peaks of the resident set with the pages of files in it, some 250 MiB, as measured.
  const measured = [
    ['resnet18', 4, 'full', 2, 1255],
    ['resnet50', 4, 'full', 2, 1949],
    ['resnet50', 4, 'full', 16, 3335],
    ['resnet50', 3, 'full', 8, 1566],
    ['resnet50', 3, 'full', 16, 2253],
    ['resnet50', 3, 'full', 32, 3327],
  ] as const;
  for (const [arch, lastStage, schedule, batchSize, peak] of measured) {
    it(`is what was measured, within 15 %: ${arch} to stage ${lastStage}, ${schedule}, batches of ${batchSize}`, () => {
      const needed =
        estimateMemory(spec(arch, lastStage), 224, sized(schedule, batchSize, lastStage)) / MIB;
      expect(needed).to.be.closeTo(peak - 250, 0.15 * peak);
    });
  }

  it('grows with the batch, the images and what is trained, but not by activations that lie on a GPU', () => {
    const need = (
      schedule: 'full' | 'probe',
      batchSize: number,
      size = 224,
      onGpu = false,
    ): number => estimateMemory(spec('resnet50'), size, sized(schedule, batchSize), onGpu);
    expect(need('full', 8)).to.be.below(need('full', 16));
    expect(need('full', 8, 160)).to.be.below(need('full', 8));
    expect(need('probe', 8)).to.be.below(need('full', 8));
    expect(need('full', 256, 224, true)).to.equal(need('full', 1, 224, true));
  });

  it('is refused where it is not to be had, before anything begins, with the batch that fits', () => {
    const check = (bytes: number, batchSize = 32, onGpu = false): void =>
      assertFitsMemory(spec('resnet50'), 224, sized('full', batchSize), onGpu, limited(bytes));
    check(8 * GIB);
    expect(() => check(3 * GIB)).to.throw(
      InsufficientMemoryError,
      /^Training resnet50 at 224 px in batches of 32 needs about 4\.\d GiB of memory, and the limit here is 3\.0 GiB \(\/sys\/fs\/cgroup\/memory\.max\)\. Use --batch-size 8, or allow more memory\.$/,
    );
    expect(() => check(GIB)).to.throw(
      /Train the head alone \(--freeze probe\), take a smaller --arch or --image-size, or allow more memory\.$/,
    );
    expect(() =>
      assertFitsMemory(spec('resnet50'), 224, sized('full', 32), false, {host: 2 * GIB}),
    ).to.throw(/and this machine has 2\.0 GiB\./);
    expect(() =>
      assertFitsMemory(spec('resnet50'), 224, sized('probe', 32), false, limited(GIB / 4)),
    ).to.throw(/\. Take a smaller --arch or --image-size, or allow more memory\.$/);
    try {
      check(3 * GIB);
    } catch (error) {
      expect(error).to.include({code: 'INSUFFICIENT_MEMORY', exitCode: 4});
    }
  });

  it('says of a batch that fits that it does', () => {
    const fitting = largestBatchSize(spec('resnet50'), 224, sized('full', 32), 3 * GIB);
    expect(fitting).to.equal(8);
    assertFitsMemory(spec('resnet50'), 224, sized('full', fitting), false, limited(3 * GIB));
    expect(largestBatchSize(spec('resnet50'), 224, sized('full', 32), 0)).to.equal(0);
  });
});

describe('the memory for caches', () => {
  const budget = (bytes: number, memoryFree = bytes, cacheMemory?: number): number =>
    cacheBudget(
      spec('resnet50', 3),
      224,
      {...sized('full', 8, 3), ...(cacheMemory !== undefined && {cacheMemory})} as Recipe,
      false,
      {
        memory: limited(bytes),
        memoryFree,
        cores: {host: 2},
      },
    );

  it('is a third of what there is, as far as training and others leave it', () => {
    expect(budget(32 * GIB)).to.equal((32 * GIB) / 3);
    expect(budget(2 * GIB)).to.be.within(0.3 * GIB, 0.67 * GIB);
    expect(budget(32 * GIB, 3 * GIB)).to.be.below(2 * GIB);
    expect(budget(GIB)).to.equal(0);
  });

  it('is what the user says', () => {
    expect(budget(GIB, GIB, 0.25)).to.equal(0.25 * GIB);
  });
});

describe('images that go through a backbone at a time', () => {
  it('are no more than half of the free memory holds, and one at least', () => {
    const whole = spec('resnet50');
    const of = (memoryFree: number): number =>
      inferenceBatchSize(whole, 224, 32, {memoryFree, memory: {host: 0}, cores: {host: 2}});
    expect(of(32 * GIB)).to.equal(32);
    expect(of(10 * 2 * inferenceBytesPerImage(whole, 224))).to.equal(10);
    expect(of(0)).to.equal(1);
  });
});

describe('a recommended batch', () => {
  const facts = {
    images: 500,
    classes: 2,
    smallestClass: 250,
    largestClass: 250,
    pretrained: false,
    gpu: false,
  };
  const layers = (values: object) =>
    [{source: 'flag', values: {arch: 'resnet50', weights: 'none', ...values}}] as const;

  it('is smaller where memory is short, and says so', () => {
    const {recipe, reasons} = mergeRecipe(layers({}), facts, 3 * GIB);
    expect(recipe.batchSize).to.equal(8);
    expect(reasons).to.include('batchSize 8: more images at a time do not fit into memory');
    expect(mergeRecipe(layers({}), facts, 64 * GIB).recipe.batchSize).to.equal(32);
  });

  it('is left alone where it was said, where a GPU holds it, and where nothing would fit', () => {
    expect(mergeRecipe(layers({batchSize: 32}), facts, 3 * GIB).recipe.batchSize).to.equal(32);
    expect(mergeRecipe(layers({}), {...facts, gpu: true}, 3 * GIB).recipe.batchSize).to.equal(32);
    expect(mergeRecipe(layers({}), facts, 1).recipe.batchSize).to.equal(32);
  });
});
