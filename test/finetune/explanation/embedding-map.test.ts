import {expect} from 'chai';
import sharp from 'sharp';
import {choosePoints, embeddingMap} from '../../../src/finetune/explanation/embedding-map.js';
import type {Prepared} from '../../../src/finetune/preparation/prepared.js';

/** Gray images, each darker than the next; `isReadable` says which files are still there. */
const preparedOf = (labels: readonly number[], isReadable = (_: number) => true): Prepared => {
  const validation = labels.map((label, i) => ({name: `${i}.jpg`, label}));
  return {
    classifier: {classNames: ['ants', 'bees']},
    split: {validation},
    cache: {
      image: async (sample: (typeof validation)[number]) => {
        const index = validation.indexOf(sample);
        if (!isReadable(index)) throw new Error('gone');
        return {width: 4, height: 4, data: new Uint8Array(48).fill(20 * index)};
      },
    },
  } as unknown as Prepared;
};

describe('the map of the validation images', () => {
  const features = Float32Array.of(0, 0, 2, 0, 8, 0);
  const probabilities = Float32Array.of(0.9, 0.1, 0.2, 0.8, 0.3, 0.7);

  it('has a point for each, with its class and what it was taken for', async () => {
    const {points, explained} = await embeddingMap(preparedOf([0, 0, 1]), features, probabilities);
    expect(explained).to.be.closeTo(1, 1e-9);
    expect(points.map(({name, truth, prediction}) => [name, truth, prediction])).to.deep.equal([
      ['0.jpg', 'ants', 'ants'],
      ['1.jpg', 'ants', 'bees'],
      ['2.jpg', 'bees', 'bees'],
    ]);
    expect(points.map(({x}) => Math.abs(x))).to.deep.equal([3.333, 1.333, 4.667]);
  });

  it('has the thumbnail of each point, but of files that are gone', async () => {
    const prepared = preparedOf([0, 0, 1], index => index !== 2);
    const {points, thumbnails} = await embeddingMap(prepared, features, probabilities);
    expect(thumbnails).to.include({columns: 16, count: 2});
    // The mistake comes first.
    expect(points.map(({tile}) => tile)).to.deep.equal([1, 0, undefined]);
    const [prefix, data] = thumbnails!.sheet.split(',');
    expect(prefix).to.equal('data:image/webp;base64');
    const image = sharp(Buffer.from(data!, 'base64'));
    const {data: pixels, info} = await image.raw().toBuffer({resolveWithObject: true});
    expect(info).to.include({width: 96, height: 48, channels: 3});
    // WebP is off by a level or two.
    for (const [tile, gray] of [20, 0].entries())
      expect(pixels[(24 * 96 + 48 * tile + 24) * 3]).to.be.closeTo(gray, 3);
    const none = await embeddingMap(preparedOf([0, 0, 1], () => false), features, probabilities); // prettier-ignore
    expect(none).not.to.have.property('thumbnails');
    expect(none.points).to.have.length(3);
  });

  it('shows mistakes before others, at most 256, and the same ones each time', () => {
    const points = Array.from({length: 600}, (_, i) => ({
      index: i,
      truth: 'ants',
      prediction: i % 6 === 0 ? 'bees' : 'ants',
    }));
    const chosen = choosePoints(points);
    expect(chosen).to.have.length(256);
    expect(chosen.slice(0, 100).every(({index}) => index % 6 === 0)).to.equal(true);
    expect(new Set(chosen.map(({index}) => index)).size).to.equal(256);
    // Not the first ones of the list.
    expect(Math.max(...chosen.slice(100).map(({index}) => index))).to.be.above(500);
    expect(choosePoints(points)).to.deep.equal(chosen);
    const mistakes = points.map(point => ({...point, prediction: 'bees'}));
    expect(choosePoints(mistakes)).to.have.length(256);
  });

  it('has at most 1,000 points, from all parts of the list', async () => {
    const count = 2500;
    const labels = Array.from({length: count}, (_, i) => i % 2);
    const many = Float32Array.from({length: 2 * count}, (_, i) => (i * 37) % 101);
    const prepared = preparedOf(labels, () => false);
    const {points} = await embeddingMap(prepared, many, new Float32Array(2 * count).fill(0.5));
    expect(points).to.have.length(1000);
    expect([points[0]!.name, points[999]!.name]).to.deep.equal(['0.jpg', '2497.jpg']);
  });
});
