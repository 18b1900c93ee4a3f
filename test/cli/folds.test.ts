import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import type {CrossValidationSummary} from '../../src/finetune/folds/cross-validation.js';
import {useBackend} from '../helpers/backend.js';
import {finetune, inDrawnFolder, SMALL_RUN} from '../helpers/program.js';

type Document = CrossValidationSummary & {readonly runs: readonly string[]};

describe('--folds', function () {
  this.timeout(300_000);
  useBackend();

  const {cwd, run, train} = inDrawnFolder();

  it('trains a run for each fold, and says what they say together', async () => {
    const ended = await train('--folds', '2', '--out', 'runs/folds', '--json');
    expect(ended.code, ended.stderr).to.equal(0);
    const document = JSON.parse(ended.stdout) as Document;
    expect(document).to.deep.equal(
      JSON.parse(readFileSync(join(cwd(), 'runs/folds/folds.json'), 'utf8')),
    );
    expect(document.folds).to.equal(2);
    const accuracies = [1, 2].map(number => {
      const metrics = JSON.parse(
        readFileSync(join(cwd(), `runs/folds/fold-${number}/metrics.json`), 'utf8'),
      ) as {
        metrics: {validation: {accuracy: number}};
      };
      return metrics.metrics.validation.accuracy;
    });
    expect(document.accuracy.values).to.deep.equal(accuracies);
    expect(document.pooled.numImages).to.equal(24);
  });

  it('leaves a page, says each fold in a line, and takes a finished one for finished', async () => {
    const ended = await train('--folds', '3', '--out', 'runs/page');
    expect(ended.code, ended.stderr).to.equal(0);
    expect(readFileSync(join(cwd(), 'runs/page/folds.html'), 'utf8')).to.include(
      'Cross-validation report',
    );
    expect(ended.stderr.match(/^dataset /gm)).to.have.length(1);
    expect(ended.stderr.match(/^[123]\/3 /gm)).to.have.length(3);
    const again = await run('--resume', 'runs/page');
    expect(again.code).to.equal(2);
    expect(again.stderr).to.include('The run in runs/page has finished');
  });

  it('continues where it was stopped', async () => {
    const stopped = await finetune(
      ['--data', 'images', ...SMALL_RUN, '--folds', '3', '--out', 'runs/stopped'],
      {
        cwd: cwd(),
        at: {marker: '1/3 ', act: child => void child.kill('SIGINT')},
      },
    );
    expect(stopped.code, stopped.stderr).to.equal(130);
    expect(stopped.stderr).to.match(/finetune --resume runs\/stopped$/m);
    const resumed = await run('--resume', 'runs/stopped');
    expect(resumed.code, resumed.stderr).to.equal(0);
    expect(resumed.stderr).to.match(/^1\/3 .* resumed$/m);
    expect(resumed.stderr.match(/ resumed$/gm)).to.have.length(1);
  });

  it('is refused before the backend starts where a class has fewer images than there are folds', async () => {
    const ended = await train('--folds', '7', '--out', 'runs/seven', '--json');
    expect(ended.code).to.equal(3);
    expect(ended.stderr).to.not.match(/^backend /m);
    expect((JSON.parse(ended.stdout) as {error: object}).error).to.include({
      code: 'TOO_MANY_FOLDS',
      images: 6,
      folds: 7,
    });
    expect(existsSync(join(cwd(), 'runs/seven'))).to.equal(false);
  });

  it('is refused next to other ways to say what to validate on', async () => {
    const ended = await train('--folds', '2', '--fold', '1/2', '--out', 'runs/other');
    expect(ended.code).to.equal(2);
    expect(ended.stderr).to.match(
      /error --fold 1\/2 and --folds both say what to validate on\. Leave out one\./,
    );
  });

  it('can be one fold alone, of those that there are', async () => {
    const ended = await train('--fold', '3/2', '--out', 'runs/third');
    expect(ended.code).to.equal(2);
    expect(ended.stderr).to.match(
      /error --fold 3\/2 is not a fold\. Give one such as 2\/5, counted from 1/,
    );
  });
});
