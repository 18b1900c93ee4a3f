import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import sharp from 'sharp';
import {DEMO_CLASSES} from '../../../src/datasets/demo/demo-drawings.js';
import {demoFiles, drawDemoSet} from '../../../src/datasets/demo/demo-set.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const FOLDS = 5;

/** `[16 * 16 * 3]`, RGB */
const thumbnail = async (path: string): Promise<Uint8Array> =>
  sharp(path).resize(16, 16, {kernel: 'linear'}).raw().toBuffer();

const meanOf = (images: readonly Uint8Array[]): number[] =>
  Array.from(
    images[0]!,
    (_, i) => images.reduce((sum, pixels) => sum + pixels[i]!, 0) / images.length,
  );
const distance = (a: Uint8Array, b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);

/** Held-out accuracy of guessing the class whose mean image is nearest, every image held out once. */
function nearestMeanAccuracy(classes: readonly (readonly Uint8Array[])[]): number {
  let correct = 0;
  for (let fold = 0; fold < FOLDS; fold++) {
    const means = classes.map(images => meanOf(images.filter((_, i) => i % FOLDS !== fold)));
    classes.forEach((images, label) => {
      for (const image of images.filter((_, i) => i % FOLDS === fold)) {
        const distances = means.map(mean => distance(image, mean));
        if (distances.indexOf(Math.min(...distances)) === label) correct++;
      }
    });
  }
  return correct / classes.flat().length;
}

describe('the demo dataset', () => {
  it('is a folder for each of eight classes, with the requested number of images', async () => {
    const directory = temporaryDirectory();
    const paths = await drawDemoSet(directory, {seed: 1, perClass: 2, size: 64});
    expect(readdirSync(directory).sort()).to.deep.equal([...DEMO_CLASSES]);
    expect(DEMO_CLASSES).to.have.length(8);
    expect(paths.map(path => path.slice(directory.length + 1))).to.deep.equal(
      demoFiles({perClass: 2}),
    );
    expect(paths.map(path => path.slice(directory.length + 1))).to.include.members([
      join('crab', 'crab-000.jpg'),
      join('snail', 'snail-001.jpg'),
    ]);
    for (const path of paths)
      expect(await sharp(path).metadata()).to.include({format: 'jpeg', width: 64, height: 64});
  });

  it('draws only the classes that are asked for', async () => {
    const directory = temporaryDirectory();
    await drawDemoSet(directory, {seed: 1, perClass: 1, classes: ['snail', 'crab']});
    expect(readdirSync(directory).sort()).to.deep.equal(['crab', 'snail']);
  });

  it('has the same bytes for the same seed, and others for another', async () => {
    const drawn = async (seed: number): Promise<Buffer[]> =>
      (await drawDemoSet(temporaryDirectory(), {seed, perClass: 3})).map(path =>
        readFileSync(path),
      );
    const [first, again, other] = [await drawn(1), await drawn(1), await drawn(2)];
    expect(first.every((bytes, i) => bytes.equals(again[i]!))).to.equal(true);
    expect(first.some((bytes, i) => bytes.equals(other[i]!))).to.equal(false);
  });

  it('begins with the same images, however many are drawn', async () => {
    const [few, many] = [
      await drawDemoSet(temporaryDirectory(), {seed: 1, perClass: 1}),
      await drawDemoSet(temporaryDirectory(), {seed: 1, perClass: 2}),
    ];
    expect(readFileSync(few[0]!).equals(readFileSync(many[0]!))).to.equal(true);
  });

  it('gives away nothing by its pixels: the nearest mean image is hardly better than a guess', async () => {
    const paths = await drawDemoSet(temporaryDirectory(), {seed: 1});
    const all = await Promise.all(paths.map(thumbnail));
    const images = DEMO_CLASSES.map((_, label) => all.slice(40 * label, 40 * (label + 1)));
    expect(nearestMeanAccuracy(images)).to.be.below(0.4);
  });
});
