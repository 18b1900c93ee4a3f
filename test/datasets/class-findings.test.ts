import {expect} from 'chai';
import {classFindings} from '../../src/datasets/class-findings.js';
import type {ImageFolder, Sample} from '../../src/datasets/image-folder.js';

/** Classes of so many images each. */
function folderOf(sizes: Readonly<Record<string, number>>, names?: readonly string[]): ImageFolder {
  const classNames = Object.keys(sizes);
  const samples = classNames.flatMap((className, label) =>
    Array.from({length: sizes[className]!}, (_, i): Sample => {
      const name = `${className}/${names?.[i] ?? i}`;
      return {path: `/x/${name}`, name, label};
    }),
  );
  return {root: '/x', classNames, samples, findings: [], layout: 'classes'};
}

const told = (folder: ImageFolder): string[] => classFindings(folder).map(({code, message}) => `${code}: ${message}`);

describe('what a check says of classes and names', () => {
  it('is nothing of classes of like size with names of their own', () => {
    expect(told(folderOf({cat: 20, dog: 30, n01440764: 20, n01440765: 20, '1': 20, '2': 20, grade1: 20, grade2: 20}))).to.deep.equal([]);
  });

  it('names small classes', () => {
    expect(told(folderOf({cat: 20, dog: 9}))).to.deep.equal([
      'small-class: Class dog has 9 images to learn from: expect little of it, or add images.',
    ]);
    expect(told(folderOf({cat: 2, dog: 1}))[0]).to.match(/^small-class: 2 classes have fewer than 10 images, such as cat with 2 images/);
  });

  it('tells how far classes are apart', () => {
    const [only, ...others] = told(folderOf({cat: 120, dog: 30}));
    expect(only).to.match(/^imbalanced-classes: Class cat has 120 images and class dog 30, 4\.0 times fewer/);
    expect(others).to.deep.equal([]);
  });

  for (const [first, second] of [
    ['Cat', 'cat'],
    ['tabby cat', 'tabby_cat'],
    ['Persian', 'Persians'],
    ['chrysanthemum', 'chrysanthenum'],
    ['cafe\u0301', 'caf\u00e9'],
  ] as const) {
    it(`asks whether ${first} and ${second} are one class`, () => {
      const found = told(folderOf({[first]: 20, [second]: 20}));
      expect(found.filter(text => text.startsWith('similar-class-names'))).to.have.length(1);
    });
  }

  it('asks about a part of a split that was taken for a class', () => {
    expect(told(folderOf({cat: 20, train: 20}))[0]).to.match(/^split-as-class: Class train has the name of a part of a split/);
  });

  it('tells of names that other systems take for one', () => {
    const found = classFindings(folderOf({cat: 12}, ['A.jpg', 'a.jpg', ...Array.from({length: 10}, (_, i) => `${i}.jpg`)]));
    expect(found.find(({code}) => code === 'names-collide')).to.deep.include({severity: 'note', files: ['cat/A.jpg', 'cat/a.jpg']});
  });
});
