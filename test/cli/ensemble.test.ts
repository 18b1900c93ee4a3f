import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {useBackend} from '../helpers/backend.js';
import {BACKEND, inDrawnFolder, SMALL_RUN} from '../helpers/program.js';

/** The small run, without its network. */
const MEMBERS = SMALL_RUN.filter(word => word !== '--arch' && word !== 'resnet18');

interface Document {
  readonly vote: string;
  readonly members: readonly {readonly name: string}[];
  readonly comparison: {readonly best: string; readonly pValue: number};
}

describe('--ensemble', function () {
  this.timeout(300_000);
  useBackend();
  const {cwd, run} = inDrawnFolder();

  it('trains the networks, and evaluate and predict take the result as one model', async () => {
    const out = 'runs/ensemble';
    const args = ['--data', 'images', ...MEMBERS, '--ensemble', 'resnet18,resnet18', '--out', out];
    const ended = await run(...args);
    expect(ended.code, ended.stderr).to.equal(0);
    expect(ended.stderr.match(/^member [12]\/2 resnet18(-2)?$/gm)).to.have.length(2);
    expect(ended.stdout).to.match(/^model +top-1 +95 % interval$/m);
    expect(ended.stdout).to.match(/^ensemble +\d/m);
    expect(existsSync(join(cwd(), out, 'model/web/index.html'))).to.equal(true);
    expect(readFileSync(join(cwd(), out, 'report.html'), 'utf8')).to.include('Ensemble report');
    const evaluated = await run('evaluate', out, 'images', ...BACKEND, '--tta', 'flip', '--vote', 'logits', '--json'); // prettier-ignore
    expect(evaluated.code, evaluated.stderr).to.equal(0);
    const document = JSON.parse(evaluated.stdout) as Document;
    expect(document.vote).to.equal('logits');
    expect(document.members.map(({name}) => name)).to.deep.equal(['resnet18', 'resnet18-2']);
    expect(document.comparison.pValue).to.be.within(0, 1);
    const members = [`${out}/members/resnet18`, `${out}/members/resnet18-2`];
    const predicted = await run('predict', ...members, 'images', ...BACKEND, '--tta', 'ten-crop', '--json'); // prettier-ignore
    expect(predicted.code, predicted.stderr).to.equal(0);
    expect(JSON.parse(predicted.stdout)).to.include({found: 24});
    const again = await run('--resume', out);
    expect(again.stderr).to.include(`The run in ${out} has finished`);
    const single = await run('evaluate', members[0]!, 'images', ...BACKEND, '--vote', 'mean');
    expect(single.code).to.equal(2);
    expect(single.stderr).to.match(
      /error --vote mean combines several networks, and \S+ has one\./,
    );
  });

  for (const [args, message] of [
    [['--ensemble', 'resnet18'], /--ensemble resnet18 is one network\. Give two or more/],
    [['--ensemble', 'resnet18,resnet19'], /"resnet19" of --ensemble is no network/],
    [['--ensemble='], /--ensemble names no networks\. Give two or more/],
    [
      ['--ensemble', 'resnet18,resnet34', '--arch', 'resnet18'],
      /--arch resnet18 and --ensemble both say what to train/,
    ],
    [
      ['--ensemble', 'resnet18,resnet34', '--folds', '2'],
      /--folds 2 trains the members of the ensemble/,
    ],
  ] as const) {
    // prettier-ignore
    it(`is refused: ${args.join(' ')}`, async () => {
      const ended = await run('--data', 'images', ...MEMBERS, ...args);
      expect(ended.code).to.equal(2);
      expect(ended.stderr).to.match(message);
    });
  }
});
