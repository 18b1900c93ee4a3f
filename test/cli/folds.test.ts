import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import type {CrossValidation} from '../../src/finetune/cross-validation.js';
import {useEngine} from '../helpers/engine.js';
import {inDrawnFolder} from './program.js';

type Document = CrossValidation & {readonly runs: readonly string[]};

describe('--folds', function () {
  this.timeout(300_000);
  useEngine();

  const {cwd, train} = inDrawnFolder();

  it('trains a run for each fold, and says what they say together', async () => {
    const ended = await train('--folds', '2', '--out', 'runs/folds', '--json');
    expect(ended.code, ended.stderr).to.equal(0);
    const document = JSON.parse(ended.stdout) as Document;
    expect(document).to.deep.equal(JSON.parse(readFileSync(join(cwd(), 'runs/folds/folds.json'), 'utf8')));
    expect(document.folds).to.equal(2);
    const accuracies = [1, 2].map(number => {
      const metrics = JSON.parse(readFileSync(join(cwd(), `runs/folds/fold-${number}/metrics.json`), 'utf8')) as {
        metrics: {validation: {accuracy: number}};
      };
      return metrics.metrics.validation.accuracy;
    });
    expect(document.accuracy.values).to.deep.equal(accuracies);
    expect(document.pooled.count).to.equal(24);
  });

  it('is refused beside other ways to say what to validate on', async () => {
    const ended = await train('--folds', '2', '--fold', '1/2', '--out', 'runs/other');
    expect(ended.code).to.equal(2);
    expect(ended.stderr).to.match(
      /error Expected no --fold beside --folds, which divides the images itself, but found 1\/2\. Leave out one\./,
    );
  });

  it('can be one fold alone, of those that there are', async () => {
    const ended = await train('--fold', '3/2', '--out', 'runs/third');
    expect(ended.code).to.equal(2);
    expect(ended.stderr).to.match(/error Expected a fold such as 2\/5 for --fold, but found 3\/2\./);
  });
});
