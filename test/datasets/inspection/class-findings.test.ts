import {expect} from 'chai';
import {classFindings} from '../../../src/datasets/inspection/class-findings.js';
import type {ImageFolder, Sample} from '../../../src/datasets/sample.js';

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

const reported = (folder: ImageFolder): string[] =>
  classFindings(folder).map(({code, message}) => `${code}: ${message}`);

describe('classFindings', () => {
  it('is empty for classes of similar size with distinct names', () => {
    expect(
      reported(
        folderOf({
          cat: 20,
          dog: 30,
          n01440764: 20,
          n01440765: 20,
          '1': 20,
          '2': 20,
          grade1: 20,
          grade2: 20,
        }),
      ),
    ).to.deep.equal([]);
  });

  it('reports small classes', () => {
    expect(reported(folderOf({cat: 15, dog: 9}))).to.deep.equal([
      'small-class: Class dog has 9 images to learn from. Add images, or expect a low accuracy for it.',
    ]);
    expect(reported(folderOf({cat: 2, dog: 2}))[0]).to.match(
      /^small-class: 2 classes have fewer than 10 images, such as cat with 2 images/,
    );
  });

  it('reports imbalanced classes', () => {
    const [only, ...others] = reported(folderOf({cat: 120, dog: 30}));
    expect(only).to.match(
      /^imbalanced-classes: Class cat has 4\.0 times the images of class dog, 120 and 30: .* By default, training uses class-weighted loss\./,
    );
    expect(others).to.deep.equal([]);
  });

  for (const [first, second, code] of [
    ['Cat', 'cat', 'class-name-case'],
    ['caf\u00c9', 'cafe\u0301', 'class-name-case'],
    ['tabby cat', 'tabby_cat', 'similar-class-names'],
    ['Persian', 'Persians', 'similar-class-names'],
    ['boxes', 'Box', 'similar-class-names'],
    ['matches', 'Match', 'similar-class-names'],
    ['berries', 'berry', 'similar-class-names'],
    ['chrysanthemum', 'chrysanthenum', 'similar-class-names'],
    ['glass', 'glas', undefined],
    ['category a', 'category b', undefined],
    ['Malvasia_1', 'Malvasia_2', undefined],
  ] as const) {
    it(`${code === undefined ? 'does not report' : 'reports'} ${first} and ${second} as one class`, () => {
      const found = classFindings(folderOf({[first]: 20, [second]: 20})).map(
        finding => finding.code,
      );
      expect(found.filter(one => /names?(-case)?$/.test(one))).to.deep.equal(
        code === undefined ? [] : [code],
      );
    });
  }

  it('does not take a series for misspellings', () => {
    expect(reported(folderOf({classificax: 20, classificbx: 20, classificcx: 20}))).to.deep.equal(
      [],
    );
  });

  it('reports a split that was taken for a class', () => {
    expect(reported(folderOf({cat: 20, train: 20}))[0]).to.match(
      /^split-named-class: Class train has the name of a split/,
    );
  });

  it('reports names that other systems take for one', () => {
    const found = classFindings(
      folderOf({cat: 12}, ['A.jpg', 'a.jpg', ...Array.from({length: 10}, (_, i) => `${i}.jpg`)]),
    );
    expect(found.find(({code}) => code === 'name-collision')).to.deep.include({
      severity: 'note',
      files: ['cat/A.jpg', 'cat/a.jpg'],
    });
  });
});
