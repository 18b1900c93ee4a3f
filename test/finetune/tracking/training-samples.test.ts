import {expect} from 'chai';
import {createRng} from '../../../src/core/rng.js';
import {AUGMENTATIONS, augment} from '../../../src/datasets/augmentation/augment.js';
import {mixBatch, type Mixing} from '../../../src/datasets/augmentation/mixup.js';
import {centerCrop} from '../../../src/datasets/images/crop.js';
import {encodeJpeg} from '../../../src/datasets/images/thumbnail.js';
import type {Recipe} from '../../../src/finetune/recipe/recipe.js';
import type {Prepared} from '../../../src/finetune/preparation/prepared.js';
import type {TrackedImage} from '../../../src/finetune/tracking/tracker.js';
import {trainingSamples} from '../../../src/finetune/tracking/training-samples.js';
import type {ImageDataset} from '../../../src/training/loop/image-dataset.js';
import {useBackend} from '../../helpers/backend.js';
import {imageDataset} from '../../helpers/image-dataset.js';
import {ALL, PROBE} from '../../helpers/small-run.js';

const SIZE = 32;
const SEED = 1;

describe('training images for TensorBoard', () => {
  useBackend();

  const source = (mixing: Mixing = {}): ImageDataset => {
    const dataset = imageDataset({count: 12, seed: SEED});
    return {...dataset, augmentation: {...AUGMENTATIONS.light, mixing}};
  };
  const make = (dataset: ImageDataset, recipe: Partial<Recipe>): Promise<TrackedImage[]> => {
    const prepared = {
      split: {train: dataset.samples},
      sourceOf: (samples: ImageDataset['samples']) => ({...dataset, samples}),
      classifier: {classNames: ['ants', 'bees', 'cats']},
    };
    return trainingSamples(
      prepared as unknown as Prepared,
      {
        ...{seed: SEED, lastStage: 1, views: 0},
        ...recipe,
      } as Recipe,
    );
  };
  /** Image of a class that is shown at a place: the first images are of all classes in rotation. */
  const jpeg = (data: Uint8Array): Promise<Buffer> => encodeJpeg({data, width: SIZE, height: SIZE});
  const views = async (
    dataset: ImageDataset,
    view: (sample: ImageDataset['samples'][number]) => Promise<Uint8Array>,
  ): Promise<string[]> =>
    Promise.all(
      dataset.samples.map(async sample => (await jpeg(await view(sample))).toString('hex')),
    );
  const augmented = async (
    dataset: ImageDataset,
    sample: ImageDataset['samples'][number],
  ): Promise<Uint8Array> =>
    augment(
      await dataset.cache.image(sample),
      SIZE,
      dataset.augmentation,
      createRng(SEED, 'augment', 1, sample.name),
    );
  const bytesOf = (images: readonly TrackedImage[]): string[] =>
    images.map(({image}) => Buffer.from(image.bytes).toString('hex'));

  it('are eight, classes in rotation, as the first epoch augments them', async () => {
    const dataset = source();
    const images = await make(dataset, {phases: [ALL]});
    expect(images.map(({tag}) => tag)).to.deep.equal(
      ['ants', 'bees', 'cats', 'ants', 'bees', 'cats', 'ants', 'bees'].map(
        (name, i) => `train-images/0${i + 1} ${name}`,
      ),
    );
    expect(images.every(({image}) => image.width === SIZE && image.height === SIZE)).to.equal(true);
    const possible = await views(dataset, sample => augmented(dataset, sample));
    expect(possible).to.include.members(bytesOf(images));
    expect(new Set(bytesOf(images)).size).to.equal(8);
  });

  it('are augmented where features of augmented views are cached', async () => {
    const dataset = source({mixupAlpha: 1});
    const images = await make(dataset, {phases: [PROBE], views: 1});
    // Cached features are not mixed.
    const possible = await views(dataset, sample => augmented(dataset, sample));
    expect(possible).to.include.members(bytesOf(images));
  });

  it('are not augmented where the network sees no augmented image', async () => {
    const dataset = source();
    const images = await make(dataset, {phases: [PROBE], views: 0});
    const possible = await views(dataset, async sample =>
      centerCrop(await dataset.cache.image(sample), SIZE),
    );
    expect(possible).to.include.members(bytesOf(images));
  });

  it('are mixed like a batch, and name both classes with their shares', async () => {
    const dataset = {...source({mixupAlpha: 1})};
    const three = {...dataset, samples: dataset.samples.slice(0, 3)};
    const images = await make(three, {phases: [PROBE, ALL]});
    const unmixed = await Promise.all(three.samples.map(sample => augmented(three, sample)));
    const batch = Buffer.concat(unmixed);
    const stream = createRng(SEED, 'mix', 1, three.samples[0]!.name);
    const {lambda} = mixBatch(batch, SIZE, {mixupAlpha: 1}, stream);
    const area = SIZE * SIZE * 3;
    expect(bytesOf(images)[2]).to.equal((await jpeg(batch.subarray(2 * area))).toString('hex'));
    const share = Math.round(100 * lambda);
    expect(images[2]!.tag).to.equal(`train-images/03 cats ${share} %, ants ${100 - share} %`);
  });

  it('are none without training images', async () => {
    const dataset = {...source(), samples: []};
    expect(await make(dataset, {phases: [ALL]})).to.deep.equal([]);
  });
});
