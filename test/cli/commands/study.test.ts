import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {BACKEND, finetune, inDrawnFolder} from '../../helpers/program.js';

/** A study of a second: two networks, one epoch. */
const SMALL = [...BACKEND, '--epochs', '1', '--batch-size', '8', '--networks', 'plain20,resnet20'];

describe('finetune study', function () {
  this.timeout(240_000);
  const {cwd, run} = inDrawnFolder();

  it('prints a table and a verdict, and names the page', async () => {
    const {code, stdout, stderr} = await run('study', 'degradation', 'images', ...SMALL);
    expect(code, stderr).to.equal(0);
    expect(stdout).to.match(/^network +training error +validation error +time\nplain20 +\d/);
    expect(stdout).to.match(
      /\nThe network with shortcuts is .*: resnet20 has a training error of /,
    );
    expect(stderr).to.include('run 2/2  resnet20, seed 42');
    const page = join('runs', 'images-degradation', 'study.html');
    expect(stderr).to.include(page);
    expect(existsSync(join(cwd(), page))).to.equal(true);
    const again = await run('study', 'degradation', '--data', 'images', ...SMALL, '--json');
    expect(again.stderr.match(/finished before/g)).to.have.length(2);
    expect(JSON.parse(again.stdout)).to.have.nested.property('networks[1].arch', 'resnet20');
  });

  it('says how to continue where it is stopped', async () => {
    const words = ['study', 'degradation', 'images', ...SMALL, '--out', 'stopped'];
    const {code, stderr} = await finetune([...words, '--epochs', '500'], {
      cwd: cwd(),
      at: {marker: 'phase 1/1', act: child => child.kill('SIGINT')},
    });
    expect(code, stderr).to.equal(130);
    expect((await run('--resume')).stderr).to.include('no interrupted run in runs/');
    const resumed = await run('--resume', 'stopped');
    expect([resumed.code, resumed.stderr]).to.deep.equal([
      2,
      'error stopped holds a study, which --resume does not continue. Run its finetune study command again.\n',
    ]);
    expect((await run('report', 'stopped')).stderr).to.match(
      /holds the runs of a study\. Give one/,
    );
    expect(stderr).to.match(/Resume it with\s+finetune study degradation images .* --epochs 500\n/);
  });

  it('refuses a study or a network that is none', async () => {
    const study = await run('study', 'degradatoin', 'images');
    expect(study.code).to.equal(2);
    expect(study.stderr).to.include('did you mean degradation?');
    const network = await run('study', 'degradation', 'images', '--networks', 'plain20,resnet21');
    expect(network.code).to.equal(2);
    expect(network.stderr).to.include('there is no network "resnet21"; did you mean resnet20?');
    const none = await run('study', 'degradation', 'images', '--networks', ', ,');
    expect([none.code, none.stderr]).to.deep.equal([
      2,
      'error --networks names no network. Give some: a,b,c.\n',
    ]);
    expect((await run('study')).stderr).to.include('needs the name of a study');
  });
});
