import {availableParallelism} from 'node:os';
import {execFileSync} from 'node:child_process';
import {expect} from 'chai';
import {createRng} from '../../../src/core/rng.js';
import {AUGMENTATIONS, augment} from '../../../src/datasets/augmentation/augment.js';
import {augmentAll} from '../../../src/datasets/augmentation/augment-threads.js';
import type {DecodedImage} from '../../../src/datasets/images/resample.js';
import {copyToSharedMemory} from '../../../src/datasets/cache/shared-memory.js';
import {failure} from '../../helpers/images.js';

const SIZE = 16;
const AREA = SIZE * SIZE * 3;
const VIEW = {size: SIZE, augmentation: AUGMENTATIONS.standard, seed: 1, epoch: 2};

const imageOf = (seed: number, side = 24): DecodedImage => ({
  width: side,
  height: side,
  data: Uint8Array.from({length: side * side * 3}, (_, i) => (i * 7 + seed * 31) % 256),
});

const imagesOf = (count: number): {name: string; image: DecodedImage}[] =>
  Array.from({length: count}, (_, i) => ({name: `pets/${i}`, image: imageOf(i)}));

describe('augmentAll', () => {
  it('gives each image what `augment` gives, however many threads share the work', async () => {
    for (const count of [1, availableParallelism() + 1, 37]) {
      const images = imagesOf(count);
      const {pixels} = await augmentAll(images, VIEW);
      images.forEach(({name, image}, position) => {
        const expected = augment(
          image,
          SIZE,
          VIEW.augmentation,
          createRng(VIEW.seed, 'augment', VIEW.epoch, name),
        );
        expect(
          Uint8Array.from(pixels.subarray(position * AREA, (position + 1) * AREA)),
        ).to.deep.equal(expected);
      });
    }
  });

  it('leaves the images alone', async () => {
    const images = imagesOf(5);
    await augmentAll(images, VIEW);
    expect(images).to.deep.equal(imagesOf(5));
  });

  it('takes pixels in shared memory too', async () => {
    const shared = imagesOf(5).map(({name, image}) => ({
      name,
      image: {...image, data: copyToSharedMemory(image.data)},
    }));
    const [fromShared, fromOwn] = [
      await augmentAll(shared, VIEW),
      await augmentAll(imagesOf(5), VIEW),
    ];
    expect(fromShared.pixels).to.deep.equal(fromOwn.pixels);
  });

  it('uses memory again that was given back, and no other', async () => {
    const [one, other] = [await augmentAll(imagesOf(5), VIEW), await augmentAll(imagesOf(5), VIEW)];
    expect(other.pixels.buffer).to.not.equal(one.pixels.buffer);
    one.release();
    const buffers = [await augmentAll(imagesOf(5), VIEW), await augmentAll(imagesOf(5), VIEW)].map(
      ({pixels}) => pixels.buffer,
    );
    expect(buffers).to.include(one.pixels.buffer).and.to.not.include(other.pixels.buffer);
  });

  it('rejects with the error, and works again afterwards', async () => {
    const images = [...imagesOf(3), {name: 'pets/small', image: imageOf(3, 8)}];
    const plain = {...VIEW, augmentation: AUGMENTATIONS.none};
    const error = await failure(augmentAll(images, plain));
    expect(error).to.be.instanceOf(RangeError);
    expect(error.message).to.equal('An image of 8 x 8 pixels is too small for a crop of 16 x 16.');
    expect((await augmentAll(imagesOf(3), plain)).pixels).to.have.length(3 * AREA);
  });

  it('does not keep a process alive, nor leave it before the work is done', () => {
    const url = (name: string): string =>
      JSON.stringify(
        new URL(`../../../src/datasets/augmentation/${name}.js`, import.meta.url).href,
      );
    const program = `
      import {augmentAll} from ${url('augment-threads')};
      import {AUGMENTATIONS} from ${url('augment')};
      const image = {width: 24, height: 24, data: new Uint8Array(24 * 24 * 3).fill(9)};
      const {pixels} = await augmentAll([{name: 'a', image}], {size: ${SIZE}, augmentation: AUGMENTATIONS.none, seed: 1, epoch: 1});
      console.log(pixels.every(value => value === 9));`;
    expect(
      execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
        encoding: 'utf8',
        timeout: 20_000,
      }),
    ).to.equal('true\n');
  });
});
