import {existsSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import type {WeightsComparison} from '../../src/finetune/comparison/comparison.js';
import {useBackend} from '../helpers/backend.js';
import {stateDict, torchSaved} from '../helpers/checkpoints.js';
import {expectSentence} from '../helpers/expect-ended.js';
import {BACKEND, inDrawnFolder, type Ended} from '../helpers/program.js';

describe('--weights compare=', function () {
  this.timeout(300_000);
  useBackend();

  const {cwd, run} = inDrawnFolder();
  before(() => {
    for (const name of ['a', 'b'])
      writeFileSync(join(cwd(), `${name}.pth`), torchSaved(stateDict('resnet18', 1, name)));
  });

  const SMALL = ['--arch', 'resnet18', '--last-stage', '1', '--image-size', '32', '--views', '0'];
  const compare = (...args: string[]): Promise<Ended> =>
    run('--data', 'images', ...BACKEND, ...SMALL, '--epochs', '1', ...args);

  it('prints a table, the recommendation, and the command to continue with, and writes no run', async () => {
    const {code, stdout, stderr} = await compare('--weights', 'compare=a.pth,b.pth');
    expect(code, stderr).to.equal(0);
    const [heading, first, second, blank, recommended] = stdout.split('\n');
    expect(heading).to.match(/^weights +accuracy +95 % interval +time +license$/);
    const figures = / +[\d.]+ % +[\d.]+ to [\d.]+ +[\d.]+ s +unknown$/.source;
    expect(first).to.match(new RegExp(`^a\\.pth${figures}`));
    expect(second).to.match(new RegExp(`^b\\.pth${figures}`));
    expect(blank).to.equal('');
    expect(recommended).to.match(/^Recommended: [ab]\.pth\. It is /);
    const chosen = /^Recommended: (\w\.pth)/.exec(recommended!)![1]!;
    expect(stderr).to.match(
      new RegExp(`\\n  finetune --data images .* --weights ${chosen.replace('.', '\\.')} `),
    );
    expect(stderr.match(/^dataset /gm)).to.have.length(1);
    expect(stderr.match(/^weights /gm)).to.have.length(2);
    expect(stderr.match(/^probe [12]\/2$/gm)).to.have.length(2);
    expect(stderr).to.not.match(/^phase/m);
    expect(existsSync(join(cwd(), 'runs'))).to.equal(false);
  });

  it('prints the same as JSON', async () => {
    const {code, stdout, stderr} = await compare('--weights', 'compare=a.pth,b.pth', '--json');
    expect(code, stderr).to.equal(0);
    const document = JSON.parse(stdout) as WeightsComparison;
    expect(document).to.deep.include({arch: 'resnet18', default: 'a.pth'});
    expect(document.compared.map(({weights}) => weights)).to.deep.equal(['a.pth', 'b.pth']);
    const {againstDefault, metrics} = document.compared[1]!;
    const {onlyThese, onlyDefault, pValue} = againstDefault!;
    const numCorrect = (i: number): number =>
      Math.round(document.compared[i]!.metrics.accuracy * metrics.numImages);
    expect(onlyThese - onlyDefault).to.equal(numCorrect(1) - numCorrect(0));
    expect(pValue).to.be.within(0, 1);
  });

  for (const [flags, found] of [
    [['--folds', '3'], '--folds 3'],
    [['--out', 'mine'], '--out mine'],
    [['--freeze', 'full'], '--freeze full'],
    [['--assert-accuracy', '0.5'], '--assert-accuracy 0.5'],
  ] as const) {
    it(`refuses ${flags.join(' ')}, which it would ignore`, async () => {
      expectSentence(
        await compare('--weights', 'compare=a.pth,b.pth', ...flags),
        2,
        new RegExp(
          `^error ${found} has no effect with --weights compare=\\.\\.\\.: it trains a probe on each and writes no run\\. Leave out one\\.$`,
        ),
      );
    });
  }

  it('refuses to compare one alone', async () => {
    expectSentence(
      await compare('--weights', 'compare=a.pth'),
      2,
      /^error There is nothing to compare\. Name two sets of weights or more, such as v1 and v2\.$/,
    );
  });
});
