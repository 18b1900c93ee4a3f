import {expect} from 'chai';
import {formatSteps} from '../../../src/cli/terminal/format-steps.js';
import {formatMetrics, formatRunSummary} from '../../../src/cli/terminal/format-run-summary.js';
import type {FinetuneResult} from '../../../src/finetune/finetune-result.js';
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

describe('the summary of a run', () => {
  const {metrics: validation, classNames} = metricsOf([
    [9, 1],
    [1, 9],
  ]);
  const {metrics: test} = metricsOf([
    [3, 1],
    [0, 4],
  ]);
  const seconds = {backend: 1, weights: 0, decode: 0, features: 0, train: 2, evaluate: 0};
  const result = {
    classifier: {classNames},
    metrics: {validation},
    timings: {...seconds, export: 0},
    run: 'runs/a',
    model: 'runs/a/model',
    modelSize: {
      ...{webBytes: 44_800_000, tensorBytes: 44_700_000},
      ...{parameters: 11_177_538, imageMilliseconds: 10.6},
    },
  } as unknown as FinetuneResult;
  const summary = (of: FinetuneResult): string => formatRunSummary(of, UNSTYLED, 80);

  it('has one table of classes, after the accuracies, and the size of the model at its end', () => {
    expect(summary(result)).to.match(
      /classes {4}class {2}correct .*\n {11}a {6}9 of 10 .*\n {11}b {6}9 of 10 .*\ntime /,
    );
    expect(summary(result).split('\n').slice(-3)).to.deep.equal([
      'run        runs/a',
      'model      runs/a/model',
      '           44.8 MB for a web page, 11.2 million parameters, 11 ms an image',
    ]);
  });

  it('has the table of the test images where there are some', () => {
    const text = summary({...result, metrics: {validation, test}});
    expect(text).to.match(/accuracy {3}90\.0 % of 20 .*test {7}87\.5 % of 8 /s);
    expect(text.match(/^classes/gm)).to.have.length(1);
    expect(text).to.include('a       3 of 4').and.not.to.include('9 of 10');
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
