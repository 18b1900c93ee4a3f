import {expect} from 'chai';
import {formatClassMetrics} from '../../../../src/cli/terminal/classes/class-metrics.js';
import {displayWidth, LABEL_WIDTH} from '../../../../src/cli/terminal/screen/layout.js';
import {COLORED, UNSTYLED} from '../../../../src/cli/terminal/screen/style.js';
import {formatLines} from '../../../../src/cli/terminal/format-run-summary.js';
import {metricsOf} from '../../../helpers/confusion.js';

function table(
  confusion: readonly (readonly number[])[],
  {names, columns = 80}: {readonly names?: readonly string[]; readonly columns?: number} = {},
): {readonly label: string; readonly lines: readonly string[]} {
  const {metrics, classNames} = metricsOf(confusion, names);
  const [[label, text] = ['', '']] = formatClassMetrics(metrics, classNames, UNSTYLED, columns);
  return {label, lines: text.split('\n')};
}

/** Confusion matrix of classes of which some have errors, all of them with the next class. */
const diagonal = (hits: readonly number[], support: readonly number[]): number[][] =>
  hits.map((correct, i) =>
    hits.map((_, j) =>
      j === i ? correct : j === (i + 1) % hits.length ? support[i]! - correct : 0,
    ),
  );

const range = (length: number): number[] => Array.from({length}, (_, i) => i);
const named = (length: number): string[] =>
  range(length).map(i => `c${String(i).padStart(4, '0')}`);

describe('the table of classes at the end of a run', () => {
  it('has correct and predicted images, recall and F1, in the order of the classes', () => {
    // F1 is 2 TP / (support + predicted): 132 / 138 and 158 / 168.
    expect(
      table(
        [
          [66, 4],
          [2, 81],
        ],
        {names: ['ants', 'bees']},
      ),
    ).to.deep.equal({
      label: 'classes',
      lines: [
        'class   correct  predicted  recall     F1',
        'ants   66 of 70         68  94.3 %  0.957',
        'bees   81 of 83         85  97.6 %  0.964',
      ],
    });
  });

  it('lists up to 12 classes, those without errors or images included', () => {
    const none = range(12).map(i => (i === 3 ? 0 : 2));
    const {label, lines} = table(diagonal(none, none), {names: named(12)});
    expect(label).to.equal('classes');
    expect(lines).to.have.length(13);
    expect(lines[1]).to.equal('c0000   2 of 2          2  100.0 %  1.000');
    expect(lines[4]).to.equal('c0003   0 of 0          0        -      -');
  });

  it('lists the five with the lowest recall of 13 classes and more, the larger of equal ones first', () => {
    const support = range(37).map(i => (i === 7 ? 3 : 2));
    const hits = range(37).map(i => (i === 7 || i === 20 || i === 30 ? 0 : i < 6 ? 1 : 2));
    expect(table(diagonal(hits, support), {names: named(37)})).to.deep.equal({
      label: 'lowest 5',
      lines: [
        'class  correct  predicted  recall     F1',
        'c0007   0 of 3          0   0.0 %  0.000',
        'c0020   0 of 2          0   0.0 %  0.000',
        'c0030   0 of 2          0   0.0 %  0.000',
        'c0000   1 of 2          1  50.0 %  0.667',
        'c0001   1 of 2          2  50.0 %  0.500',
        '… 32 more classes, recall 50.0 % to 100.0 %',
      ],
    });
  });

  it('lists only classes with errors, and has no table without one', () => {
    const support = range(1000).map(() => 2);
    const hits = support.map((count, i) => (i === 500 ? 1 : count));
    expect(table(diagonal(hits, support), {names: named(1000)})).to.deep.equal({
      label: 'lowest',
      lines: [
        'class  correct  predicted  recall     F1',
        'c0500   1 of 2          1  50.0 %  0.667',
        '… 999 more classes, recall 100.0 %',
      ],
    });
    expect(table(diagonal(support, support), {names: named(1000)}).label).to.equal('');
  });

  it('fits into narrow terminals, by columns of the screen: names are cut, then columns left out', () => {
    const names = ['猫'.repeat(20), 'a-very-long-name-of-a-class-that-goes-on-and-on-and-on'];
    const {metrics} = metricsOf(
      [
        [60, 10],
        [10, 73],
      ],
      names,
    );
    for (const columns of [50, 60, 80, 120]) {
      const rows = formatClassMetrics(metrics, names, COLORED, columns);
      const lines = formatLines(rows, COLORED, columns).split('\n');
      expect(lines, String(columns)).to.have.length(3);
      for (const line of lines) expect(displayWidth(line)).to.be.at.most(columns);
      const [, cats = ''] = lines;
      expect(cats).to.include('60 of 70');
      expect(cats.includes('猫…猫')).to.equal(columns < 120);
      expect(cats.includes('85.7 %')).to.equal(columns >= 60);
    }
    // A file is as wide as its lines.
    const [[, text] = ['', '']] = formatClassMetrics(metrics, names, UNSTYLED, Infinity);
    expect(text).to.include(names[0]).and.to.include(names[1]);
    expect(LABEL_WIDTH).to.equal(11);
  });

  it('escapes names that would act on a terminal', () => {
    const names = ['red\u001b[31m', 'a\nb'];
    const confusion = [
      [1, 0],
      [0, 1],
    ];
    const {lines} = table(confusion, {names});
    expect(lines).to.have.length(3);
    expect(lines[1]).to.match(/^red\\u001b\[31m +1 of 1 /);
    expect(lines[2]).to.match(/^a\\nb +1 of 1 /);
  });
});
