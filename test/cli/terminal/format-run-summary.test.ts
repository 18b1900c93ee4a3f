import {expect} from 'chai';
import {formatSteps} from '../../../src/cli/terminal/format-steps.js';
import {formatMetrics} from '../../../src/cli/terminal/format-run-summary.js';
import {UNSTYLED} from '../../../src/cli/terminal/screen/style.js';
import {RunningMetrics} from '../../../src/training/metrics/metrics.js';

/** Metrics of `confusion[truth][said]` images. */
function metricsOf(confusion: readonly (readonly number[])[]) {
  const classNames = confusion.map((_, i) => 'abcdefgh'[i]!);
  const running = new RunningMetrics(classNames);
  confusion.forEach((row, truth) =>
    row.forEach((times, said) => {
      const one = classNames.map((_, i) => (i === said ? 0.9 : 0.1 / (classNames.length - 1)));
      running.add(
        Float32Array.from(Array.from({length: times}, () => one).flat()),
        new Int32Array(times).fill(truth),
        times,
      );
    }),
  );
  return {metrics: running.metrics(), classNames};
}

function lines(confusion: readonly (readonly number[])[]): Readonly<Record<string, string>> {
  const {metrics, classNames} = metricsOf(confusion);
  return Object.fromEntries(formatMetrics(metrics, 'validation', classNames, UNSTYLED));
}

describe('the end of a run', () => {
  it('tells the recall of every class where they are few, and of the weakest where they are many', () => {
    expect(
      lines([
        [50, 3],
        [2, 98],
      ]),
    )
      .to.include({recall: 'a 94.3 %, b 98.0 %'})
      .and.not.to.have.property('weakest');
    expect(
      lines([
        [40, 0, 0, 0],
        [1, 39, 0, 0],
        [0, 0, 30, 10],
        [0, 0, 0, 40],
      ]),
    ).to.include({weakest: 'c 75.0 %, b 97.5 %'});
    expect(
      lines([
        [9, 0],
        [0, 9],
      ]),
    ).not.to.have.any.keys('recall', 'weakest', 'mistaken');
  });

  it('tells few images as counts', () => {
    expect(
      lines([
        [0, 2, 0, 0],
        [0, 2, 0, 0],
        [0, 0, 2, 0],
        [0, 0, 1, 18],
      ]).weakest,
    ).to.equal('a 0 of 2, d 18 of 19');
  });

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
