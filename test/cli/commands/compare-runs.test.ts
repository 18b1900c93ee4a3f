import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {inDrawnFolder} from '../../helpers/program.js';
import {writeMadeUpRun} from '../../helpers/made-up-runs.js';

describe('finetune compare', function () {
  this.timeout(240_000);
  const {cwd, run, train} = inDrawnFolder();

  it('compares runs on their validation images, as text, as JSON and as a page', async () => {
    for (const [out, ...more] of [['a'], ['b', '--seed', '7', '--split-file', 'a/split.json']]) {
      const {code, stderr} = await train('--out', out!, ...more);
      expect(code, stderr).to.equal(0);
    }
    const text = await run('compare', 'a', 'b/model');
    expect(text.code, text.stderr).to.equal(0);
    expect(text.stdout).to.match(
      /^run +network +weights +accuracy +95 % interval +trained +size\n/,
    );
    expect(text.stdout).to.match(/\nseed +42 +7\n/);
    expect(text.stderr).to.include('compare a b/model --html comparison.html');
    const json = await run('compare', 'a', 'b', '--html', 'page.html', '--json');
    const document = JSON.parse(json.stdout) as {
      readonly paired: readonly {readonly test: {readonly images: number}}[];
    };
    expect(document).to.include({html: 'page.html'});
    const {validation} = JSON.parse(readFileSync(join(cwd(), 'a', 'predictions.json'), 'utf8')) as {
      readonly validation: readonly unknown[];
    };
    expect(document.paired[0]!.test.images).to.equal(validation.length);
    expect(readFileSync(join(cwd(), 'page.html'), 'utf8')).to.include('Comparison of runs');
  });

  it('exits with 2 for what is no pair of runs', async () => {
    const one = await run('compare', 'a');
    expect([one.code, one.stderr]).to.deep.equal([
      2,
      'error Only a is given. Give the directories of two runs or more: finetune compare RUN RUN\n',
    ]);
    expect((await run('compare')).stderr).to.include('No run is given.');
    expect((await run('compare', 'a', 'images')).stderr).to.include('images holds no run.');
    writeMadeUpRun({}, join(cwd(), 'other'));
    const other = await run('compare', 'a', 'other');
    expect([other.code, other.stderr]).to.deep.equal([
      2,
      'error a and other have different classes, so they cannot be compared: only a has crab, fish, snail, starfish, only other has ants, bees. Use models of the same classes.\n',
    ]);
    const page = await run('compare', 'a', 'b', '--html', 'images');
    expect([page.code, page.stderr]).to.satisfy(
      ([code, stderr]: [number, string]) =>
        code === 2 && /images \(html\) cannot be written/.test(stderr),
    );
  });
});
