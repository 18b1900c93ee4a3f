import {expect} from 'chai';
import sharp from 'sharp';
import {
  collectClassExamples,
  spreadSamples,
} from '../../../src/finetune/explanation/class-examples.js';
import type {Prepared} from '../../../src/finetune/preparation/prepared.js';

const gray = {data: new Uint8Array(120 * 100 * 3).fill(128), width: 120, height: 100};

/** Images of these classes, of which those named `broken` cannot be read. */
function preparedOf(classNames: readonly string[], names: readonly (readonly [string, number])[]) {
  const train = names.map(([name, label]) => ({name, label, path: name}));
  const cache = {
    image: ({name}: {name: string}) => {
      if (name === 'broken') throw new Error('gone');
      return gray;
    },
  };
  return {classifier: {classNames}, split: {train}, cache} as unknown as Prepared;
}

describe('the examples of the classes', () => {
  it('are three training images of each class, from all parts of it', async () => {
    const names = Array.from({length: 9}, (_, i) => [`${i}.jpg`, i < 7 ? 0 : 1] as const);
    const [ants, bees] = await collectClassExamples(preparedOf(['ants', 'bees'], names));
    expect(ants!.train).to.equal(7);
    expect(ants!.images.map(({name}) => name)).to.deep.equal(['0.jpg', '2.jpg', '4.jpg']);
    expect(bees!.train).to.equal(2);
    expect(bees!.images.map(({name}) => name)).to.deep.equal(['7.jpg', '8.jpg']);
    const [prefix, data] = ants!.images[0]!.thumbnail!.split(',');
    expect(prefix).to.equal('data:image/webp;base64');
    expect(await sharp(Buffer.from(data!, 'base64')).metadata()).to.include({
      width: 80,
      height: 80,
    });
  });

  it('have no thumbnail of an image that is gone', async () => {
    const [ants] = await collectClassExamples(preparedOf(['ants'], [['broken', 0]]));
    expect(ants).to.deep.equal({train: 1, images: [{name: 'broken'}]});
  });

  it('are no more than the report bears', async () => {
    const numbers = async (classes: number): Promise<number> => {
      const names = Array.from({length: 4 * classes}, (_, i) => ['broken', i % classes] as const);
      const examples = await collectClassExamples(
        preparedOf(Array.from({length: classes}, (_, i) => `c${i}`), names), // prettier-ignore
      );
      return examples.reduce((sum, {images}) => sum + images.length, 0);
    };
    expect(await numbers(200)).to.equal(600);
    expect(await numbers(250)).to.equal(500);
    expect(await numbers(601)).to.equal(0);
  });

  it('are spread over the list', () => {
    expect(spreadSamples([1, 2, 3, 4, 5, 6], 3)).to.deep.equal([1, 3, 5]);
    expect(spreadSamples([1, 2], 3)).to.deep.equal([1, 2]);
    expect(spreadSamples([], 3)).to.deep.equal([]);
  });
});
