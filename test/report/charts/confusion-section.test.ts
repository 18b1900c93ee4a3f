import {expect} from 'chai';
import {confusionSection} from '../../../src/report/charts/confusion-section.js';
import {madeUpRecord} from '../../helpers/run-record.js';

const sectionOf = (classes: readonly string[], confusion: number[][]): string =>
  confusionSection(
    {...madeUpRecord(classes).metrics.validation, confusionMatrix: confusion},
    classes,
  ).text;
const many = Array.from({length: 200}, (_, i) => `species ${i}`);
const diagonal = (length: number): number[][] =>
  Array.from({length}, (_, i) => Array.from({length}, (__, j) => (i === j ? 5 : 0)));

describe('the confusion matrix', () => {
  it('shows counts and names where there is room', () => {
    const text = sectionOf(['ants', 'bees'], [[8, 2], [0, 10]]); // prettier-ignore
    expect(text).to.contain('>8<').and.to.contain('>2<').and.to.contain('>10<');
    expect(text).to.not.contain('>0<');
    expect(text).to.contain('ants taken for bees: 2 (20.0\u00a0% of its images)');
  });

  it('shows 200 classes as an image without names', () => {
    const confusion = diagonal(200);
    confusion[7]![9] = 3;
    const text = sectionOf(many, confusion);
    expect(text).to.not.contain('text-anchor="end"');
    expect(text)
      .to.contain('predicted class')
      .and.to.contain('species 7 taken for species 9: 3 (37.5');
  });

  it('is followed by the pairs that are confused most, by count and then by share', () => {
    const text = sectionOf(['a', 'b', 'c'], [[9, 1, 0], [0, 2, 3], [1, 0, 1]]); // prettier-ignore
    const pairs = [...text.matchAll(/<td>(\w)<\/td>\s*<td>(\w)<\/td>/g)].map(
      ([, truth, prediction]) => `${truth}${prediction}`,
    );
    expect(pairs).to.deep.equal(['bc', 'ca', 'ab']);
  });

  it('puts classes that are confused next to each other, the pairs keep their names', () => {
    const confusion = diagonal(4);
    confusion[0]![3] = 2;
    const text = sectionOf(['ants', 'bees', 'moths', 'wasps'], confusion);
    const rows = [...text.matchAll(/text-anchor="end">(\w+)</g)].map(([, name]) => name);
    expect(rows).to.deep.equal(['ants', 'wasps', 'bees', 'moths']);
    expect(text).to.contain('ants taken for wasps: 2 (28.6');
  });

  it('leads from a cell to its images where the page has them', () => {
    const {metrics} = madeUpRecord(['ants', 'bees']);
    const confusionMatrix = [[8, 2], [1, 9]]; // prettier-ignore
    const {text} = confusionSection(
      {...metrics.validation, confusionMatrix},
      ['ants', 'bees'],
      (truth, prediction) => (truth === 'ants' && prediction === 'bees' ? 'mistakes-1' : undefined),
    );
    const links = [...text.matchAll(/<a href="#([^"]*)"[^>]*>\s*<title>([^<]*)</g)];
    expect(links.map(([, to, title]) => [to, title])).to.deep.equal([
      ['mistakes-1', 'ants taken for bees: 2 (20.0\u00a0% of its images)'],
    ]);
  });

  it('has counts and percentages, and a switch where they fit', () => {
    const text = sectionOf(['ants', 'bees'], [[6, 2], [0, 10]]); // prettier-ignore
    expect(text).to.contain('count" x="48" y="48">6<').and.to.contain('percent" x="48" y="48">75<');
    expect(text).to.contain('value="percent"');
    expect(sectionOf(many, diagonal(200))).to.not.contain('value="percent"');
  });

  it('says so where nothing is confused', () => {
    expect(sectionOf(['a', 'b'], diagonal(2))).to.contain(
      'Not one image was taken for another class.',
    );
  });

  it('bears a class without images', () => {
    expect(sectionOf(['a', 'b'], [[3, 1], [0, 0]])).to.not.contain('NaN'); // prettier-ignore
  });
});
