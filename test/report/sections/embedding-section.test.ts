import {expect} from 'chai';
import {embeddingSection} from '../../../src/report/sections/embedding-section.js';

const point = (name: string, prediction: string, x: number, y: number) => ({
  ...{name, truth: 'ants', prediction, x, y},
});
const CLASSES = ['ants', 'bees'];

describe('the map of the images', () => {
  it('has a point for each image, mistakes on top with a ring, and names of classes', () => {
    const points = [point('wrong.jpg', 'bees', 0, 0), point('right.jpg', 'ants', 2, 1)];
    const text = embeddingSection({points, explained: 0.34}, CLASSES)!.text;
    const titles = [...text.matchAll(/class="(\w*)"[^>]*>\s*<title>([^<]*)</g)];
    expect(titles.map(([, kind, title]) => [kind, title])).to.deep.equal([
      ['', 'right.jpg: ants'],
      ['mistaken', 'wrong.jpg: ants, said bees'],
    ]);
    expect(text).to.contain('which hold 34\u00a0%');
    expect([...text.matchAll(/text-anchor="middle"\s*>(\w+)</g)].map(([, name]) => name)).to.deep.equal(['ants']); // prettier-ignore
  });

  it('has the same scale in both directions, from edge to edge', () => {
    const points = [point('a', 'ants', -1, 0), point('b', 'ants', 1, 0), point('c', 'ants', 0, 1)];
    const {text} = embeddingSection({points, explained: 1}, CLASSES)!;
    const places = [...text.matchAll(/cx="([\d.]+)"\s+cy="([\d.]+)"/g)].map(([, x, y]) => [
      Number(x),
      Number(y),
    ]);
    // 672 pixels for 2 units, so that 1 unit is 336 in height.
    expect(places).to.deep.equal([[24, 388], [696, 388], [360, 52]]); // prettier-ignore
  });

  it('bears a single image, and none', () => {
    const {text} = embeddingSection({points: [point('a', 'ants', 0, 0)], explained: 0}, CLASSES)!;
    expect(text).to.contain('cx="360"').and.not.to.contain('NaN');
    expect(embeddingSection({points: [], explained: 0}, CLASSES)).to.equal(undefined);
  });
});
