import {expect} from 'chai';
import {displayWidth} from '../../../src/cli/terminal/screen/layout.js';
import {
  formatPredictions,
  formatPredictionSummary,
  type ClassifiedImage,
} from '../../../src/cli/terminal/format-predictions.js';
import {COLORED, UNSTYLED} from '../../../src/cli/terminal/screen/style.js';

const classified = (image: string, ants: number, isUnknown = false): ClassifiedImage => {
  const both = [
    {className: 'ants', probability: ants},
    {className: 'bees', probability: 1 - ants},
  ];
  return {image, isUnknown, predictions: both.sort((a, b) => b.probability - a.probability)};
};

describe('predictions for people', () => {
  it('have names relative to their common folder, a bar, the best guess and the second', () => {
    const lines = formatPredictions(
      [classified('/data/new/x/a.jpg', 0.83), classified('/data/new/b.jpg', 0.02)],
      UNSTYLED,
      80,
      1,
    );
    expect(lines).to.deep.equal([
      '/data/new/',
      'x/a.jpg  ants  ████████▎░   83.0 %  bees 17.0 %',
      'b.jpg    bees  █████████▊   98.0 %  ants 2.0 %',
    ]);
    expect(formatPredictions([classified('/data/new/a.jpg', 0.83)], UNSTYLED, 80, 1)[0]).to.match(
      /^\/data\/new\/a\.jpg {2}ants/,
    );
  });

  for (const columns of [60, 80, 120]) {
    it(`stay in their columns whatever the names are: ${columns}`, () => {
      const names = [
        'a.jpg',
        `${'long'.repeat(40)}.jpg`,
        '漢字'.repeat(40),
        'esc\u001b[2J\n.jpg',
        '😀.png',
      ];
      const lines = formatPredictions(
        names.map(name => classified(`/data/${name}`, 0.7)),
        UNSTYLED,
        columns,
        1,
      ).slice(1);
      lines.forEach(line => expect(displayWidth(line)).to.be.at.most(columns));
      expect(
        new Set(lines.map(line => displayWidth(line.slice(0, line.indexOf('  ants'))))),
      ).to.have.property('size', 1);
      expect(lines.join('')).not.to.match(/[\u0000-\u001f]/);
      const colored = formatPredictions(
        names.map(name => classified(`/data/${name}`, 0.7)),
        COLORED,
        columns,
        1,
      ).slice(1);
      expect(colored.map(displayWidth)).to.deep.equal(lines.map(displayWidth));
    });
  }

  it('tell as many guesses as were asked for', () => {
    const predictions = ['a', 'b', 'c', 'd'].map((className, i) => ({
      className,
      probability: (4 - i) / 10,
    }));
    expect(
      formatPredictions([{image: 'x.jpg', predictions, isUnknown: false}], UNSTYLED, 80, 3),
    ).to.deep.equal(['x.jpg  a  ████░░░░░░   40.0 %  b 30.0 %, c 20.0 %']);
    expect(
      formatPredictions([{image: 'x.jpg', predictions, isUnknown: false}], UNSTYLED, Infinity, 3),
    ).to.deep.equal(['x.jpg  a  40.0 %  b  30.0 %  c  20.0 %']);
  });

  it('are plain columns for programs, with the names that were given', () => {
    expect(
      formatPredictions(
        [classified('/data/new/a.jpg', 0.83), classified('b.jpg', 0.02)],
        UNSTYLED,
        Infinity,
        1,
      ),
    ).to.deep.equal(['/data/new/a.jpg  ants  83.0 %', 'b.jpg            bees  98.0 %']);
    expect(formatPredictions([], UNSTYLED, Infinity, 1)).to.deep.equal([]);
  });

  it('call an image of none of the classes unknown, with the best guesses beside it', () => {
    const images = [classified('x.jpg', 0.63, true), classified('y.jpg', 0.9)];
    expect(formatPredictions(images, UNSTYLED, 80, 1)).to.deep.equal([
      'x.jpg  unknown  ants 63.0 %, bees 37.0 %',
      'y.jpg  ants     █████████░   90.0 %  bees 10.0 %',
    ]);
    expect(formatPredictions(images, UNSTYLED, 20, 1)[0]).to.match(/unknown *$/);
    // A last column, so that the others stay where they are.
    expect(formatPredictions(images, UNSTYLED, Infinity, 1)).to.deep.equal([
      'x.jpg  ants  63.0 %  unknown',
      'y.jpg  ants  90.0 %',
    ]);
    expect(formatPredictionSummary(images)).to.equal('2 images: 1 unknown, 1 ants');
  });

  it('are summed up', () => {
    const images = [classified('a', 0.9), classified('b', 0.1), classified('c', 0.8)];
    expect(formatPredictionSummary(images)).to.equal('3 images: 2 ants, 1 bees');
  });
});
