import {expect} from 'chai';
import {
  coverageSection,
  recommendThreshold,
} from '../../../src/report/sections/coverage-section.js';

const point = (threshold: number, coverage: number, accuracy: number) => ({
  threshold,
  coverage,
  accuracy,
});
const COVERAGE = [
  point(0, 1, 0.86),
  point(0.5, 0.96, 0.89),
  point(0.7, 0.88, 0.98),
  point(0.9, 0.1, 1),
];

describe('the recommended threshold', () => {
  it('is the lowest that reaches the next accuracy worth having', () => {
    expect(recommendThreshold(COVERAGE, 200)?.threshold).to.equal(0.7);
    const better = COVERAGE.map(each => ({...each, accuracy: each.threshold === 0.9 ? 1 : 0.97}));
    expect(recommendThreshold(better, 200)?.threshold).to.equal(0.9);
  });

  it('is none where so few are answered that they may be right by chance', () => {
    const better = COVERAGE.map(each => ({...each, accuracy: each.threshold === 0.9 ? 1 : 0.97}));
    expect(recommendThreshold(better, 190)).to.equal(undefined);
    expect(recommendThreshold([], 10)).to.equal(undefined);
  });
});

describe('the section on coverage', () => {
  const text = coverageSection(COVERAGE, 200).text.replace(/[ \n]+/g, ' ');

  it('says what a threshold costs and gives', () => {
    expect(text).to.contain('Answer only where the highest probability is at least 0.70');
    expect(text).to.contain('<b>88\u00a0%</b> of the images').and.to.contain('<b>98\u00a0%</b> of');
  });

  it('lists thresholds with the answers that remain, and how many are wrong', () => {
    const rows = [...text.matchAll(/<tr> <th scope="row">(.*?)<\/tr>/g)].map(
      ([, row]) =>
      row!.replace(/<[^>]*>/g, ' ').replace(/[ \u00a0]+/g, ' ').trim(), // prettier-ignore
    );
    expect(rows).to.deep.equal([
      'none 200 100 % 86.0 % 28',
      '0.50 192 96 % 89.0 % 21',
      '0.70 176 88 % 98.0 % 4',
      '0.90 20 10 % 100 % 0',
    ]);
  });

  it('draws one line of the answers, and one of the correct ones', () => {
    expect(text.match(/<polyline/g)).to.have.length(2);
    // 0.7 of the way from 46 to 428; 0.98 and 0.88 of the way from 236 up to 26.
    expect(text).to.contain('313.4,30.2').and.to.contain('313.4,51.2');
  });

  it('recommends nothing where nothing can be', () => {
    expect(coverageSection(COVERAGE, 20).text).to.contain('Choose one');
  });
});
