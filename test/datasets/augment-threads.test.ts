import {availableParallelism} from 'node:os';
import {execFileSync} from 'node:child_process';
import {expect} from 'chai';
import {random} from '../../src/core/random.js';
import {AUGMENTATIONS, augment} from '../../src/datasets/augment.js';
import {augmentAll} from '../../src/datasets/augment-threads.js';
import type {DecodedImage} from '../../src/datasets/resample.js';
import {sharedCopy, sharedPixels} from '../../src/datasets/shared-pixels.js';
import {failure} from './pictures.js';

const SIZE = 16;
const AREA = SIZE * SIZE * 3;
const VIEW = {size: SIZE, augmentation: AUGMENTATIONS.standard, seed: 1, epoch: 2};

const imageOf = (seed: number, side = 24): DecodedImage => ({
  width: side,
  height: side,
  data: Uint8Array.from({length: side * side * 3}, (_, i) => (i * 7 + seed * 31) % 256),
});

const picturesOf = (count: number): {name: string; image: DecodedImage}[] =>
  Array.from({length: count}, (_, i) => ({name: `pets/${i}`, image: imageOf(i)}));

describe('augmentAll', () => {
  it('gives each picture what `augment` gives, however many threads share the work', async () => {
    for (const count of [1, availableParallelism() + 1, 37]) {
      const pictures = picturesOf(count);
      const output = sharedPixels(count * AREA);
      await augmentAll({...VIEW, pictures, output});
      pictures.forEach(({name, image}, position) => {
        const expected = augment(image, SIZE, VIEW.augmentation, random(VIEW.seed, 'augment', VIEW.epoch, name));
        expect(output.slice(position * AREA, (position + 1) * AREA)).to.deep.equal(expected);
      });
    }
  });

  it('takes pixels in shared memory, and leaves them alone', async () => {
    const own = picturesOf(5);
    const shared = own.map(({name, image}) => ({name, image: {...image, data: sharedCopy(image.data)}}));
    const [fromOwn, fromShared] = [sharedPixels(5 * AREA), sharedPixels(5 * AREA)];
    await augmentAll({...VIEW, pictures: own, output: fromOwn});
    await augmentAll({...VIEW, pictures: shared, output: fromShared});
    expect(fromShared).to.deep.equal(fromOwn);
    shared.forEach(({image}, i) => expect(image.data).to.deep.equal(own[i]!.image.data));
  });

  it('tells what went wrong, and works again afterwards', async () => {
    const pictures = [...picturesOf(3), {name: 'pets/small', image: imageOf(3, 8)}];
    const task = {...VIEW, augmentation: AUGMENTATIONS.none, pictures, output: sharedPixels(4 * AREA)};
    const error = await failure(augmentAll(task));
    expect(error).to.be.instanceOf(RangeError);
    expect(error.message).to.equal('Expected an image of at least 16 pixels a side, but found 8 x 8.');
    const output = sharedPixels(3 * AREA);
    await augmentAll({...task, pictures: picturesOf(3), output});
    expect(output.some(value => value > 0)).to.equal(true);
  });

  it('does not keep a process alive, nor leave it before the work is done', () => {
    const url = (name: string): string => JSON.stringify(new URL(`../../src/datasets/${name}.js`, import.meta.url).href);
    const program = `
      import {augmentAll} from ${url('augment-threads')};
      import {AUGMENTATIONS} from ${url('augment')};
      import {sharedPixels} from ${url('shared-pixels')};
      const image = {width: 24, height: 24, data: new Uint8Array(24 * 24 * 3).fill(9)};
      const output = sharedPixels(${AREA});
      await augmentAll({pictures: [{name: 'a', image}], size: ${SIZE}, augmentation: AUGMENTATIONS.none, seed: 1, epoch: 1, output});
      console.log(output.every(value => value === 9));`;
    expect(execFileSync(process.execPath, ['--input-type=module', '--eval', program], {encoding: 'utf8', timeout: 20_000})).to.equal(
      'true\n',
    );
  });
});
