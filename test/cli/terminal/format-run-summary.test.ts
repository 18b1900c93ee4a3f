import {expect} from 'chai';
import {formatSteps} from '../../../src/cli/terminal/format-steps.js';
import {formatMetrics} from '../../../src/cli/terminal/format-run-summary.js';
import {UNSTYLED} from '../../../src/cli/terminal/screen/style.js';
import {metricsOf} from '../../helpers/confusion.js';

function lines(confusion: readonly (readonly number[])[]): Readonly<Record<string, string>> {
  const {metrics, classNames} = metricsOf(confusion);
  return Object.fromEntries(formatMetrics(metrics, 'validation', classNames, UNSTYLED));
}

describe('the end of a run', () => {
  it('tells pairs of classes that were confused twice or more', () => {
    expect(
      lines([
        [20, 2, 1],
        [0, 20, 0],
        [0, 1, 20],
      ]).mistaken,
    ).to.equal('a for b 2 times');
    expect(
      lines([
        [20, 1],
        [1, 20],
      ]),
    ).not.to.have.property('mistaken');
  });
});

describe('what to type next', () => {
  const NEXT = [
    ['finetune predict runs/a/model IMAGE...', 'classify new images'],
    ['runs/a/report.html', 'for a browser'],
  ] as const;

  it('has its meaning next to it where there is room', () => {
    expect(formatSteps('Next', NEXT, UNSTYLED, 80)).to.equal(
      '\nNext\n  finetune predict runs/a/model IMAGE...   classify new images\n  runs/a/report.html                       for a browser',
    );
  });

  it('has its meaning below where there is not, and is never broken', () => {
    expect(formatSteps('Next', NEXT, UNSTYLED, 50).split('\n').slice(2)).to.deep.equal([
      '  finetune predict runs/a/model IMAGE...',
      '    classify new images',
      '  runs/a/report.html',
      '    for a browser',
    ]);
  });
});
