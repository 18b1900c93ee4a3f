import {expect} from 'chai';
import {spawnSync} from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {expectEnded, expectSentence} from '../helpers/expect-ended.js';
import {useBackend} from '../helpers/backend.js';
import {inDrawnFolder, MAIN, type Ended} from '../helpers/program.js';

describe('run directories of the command line', function () {
  this.timeout(180_000);
  useBackend();
  const {cwd, run, train} = inDrawnFolder();
  const document = (path: string): Record<string, unknown> =>
    JSON.parse(readFileSync(join(cwd(), path), 'utf8')) as Record<string, unknown>;

  it('let one of three runs that start at once train, and the others say which', async () => {
    const ended = await Promise.all(
      [1, 2, 3].map(seed => train('--out', 'one', '--seed', String(seed))),
    );
    const codes = ended.map(({code}) => code);
    expect(codes.toSorted(), ended.map(({stderr}) => stderr).join('\n')).to.deep.equal([0, 1, 1]);
    for (const each of ended.filter(({code}) => code === 1)) {
      expectSentence(
        each,
        1,
        /^error one is in use by another run \(process \d+ on .+, since .+ UTC\)\. Wait until it has ended; a new run needs another --out\.$/,
      );
    }
    expect(document('one/recipe.json').seed).to.equal(codes.indexOf(0) + 1);
    expect(readdirSync(join(cwd(), 'one'))).to.not.include('.lock');
  });

  it('have names of their own where none is given', async () => {
    const ended = await Promise.all([train(), train()]);
    for (const each of ended)
      if (each.code !== 0) expectSentence(each, 1, /is in use by another run/);
    const names = readdirSync(join(cwd(), 'runs')).sort();
    expect(names).to.have.length(ended.filter(({code}) => code === 0).length);
    expectEnded(await train('--overwrite', '--seed', '7'), 0);
    expect(readdirSync(join(cwd(), 'runs')).sort()).to.deep.equal(names);
    expect(document(`runs/${names.at(-1)}/recipe.json`).seed).to.equal(7);
  });

  it('select the images of --max-per-class by the seed that they record, so that a resumed run has the same', async () => {
    const limit = ['--max-per-class', '3'];
    expectEnded(await train('--out', 'limited', ...limit), 0);
    const {seed} = document('limited/recipe.json');
    expectEnded(await train('--out', 'seeded', ...limit, '--seed', String(seed)), 0);
    const [limited, seeded] = [document('limited/split.json'), document('seeded/split.json')];
    expect(limited).to.deep.equal(seeded);
  });

  it('keep the old run where the one that was to replace it is killed, which is continued by --resume', async () => {
    expectEnded(await train('--out', 'kept'), 0);
    const old = document('kept/metrics.json');
    const options = ['--out', 'kept', '--overwrite', '--seed', '9', '--epochs', '40'];
    const {signal} = await killed(options, () =>
      existsSync(join(cwd(), '.kept.replacement', 'split.json')),
    );
    expect(signal).to.equal('SIGKILL');
    expect(document('kept/metrics.json')).to.deep.equal(old);
    const resumed = await run('--resume', 'kept', '--json');
    expectEnded(resumed, 0);
    expect(JSON.parse(resumed.stdout))
      .to.include({run: 'kept'})
      .and.to.deep.equal(document('kept/metrics.json'));
    expect(document('kept/recipe.json').seed).to.equal(9);
    expect(readdirSync(cwd()).filter(name => name.includes('kept'))).to.deep.equal(['kept']);
    expectSentence(
      await run('--resume', 'kept'),
      2,
      /has finished, so there is nothing to --resume/,
    );
  });

  const killed = async (options: readonly string[], when: () => boolean): Promise<Ended> => {
    const {finetune, SMALL_RUN} = await import('../helpers/program.js');
    return finetune(['--data', 'images', ...SMALL_RUN, ...options], {
      cwd: cwd(),
      at: {
        marker: 'backend',
        act: child => {
          const timer = setInterval(() => {
            if (!when()) return;
            clearInterval(timer);
            child.kill('SIGKILL');
          }, 5);
        },
      },
    });
  };

  it('are exported and reported again', async () => {
    expectEnded(await train('--out', 'again'), 0);
    const exported = await run('export', 'again', '--out', 'elsewhere', '--json');
    expectEnded(exported, 0);
    expect(JSON.parse(exported.stdout)).to.include({model: join(cwd(), 'elsewhere')});
    const reported = await run('report', 'again');
    expectEnded(reported, 0);
    expect(reported.stdout).to.equal('again/report.html\n');
    expectSentence(
      await run('report', 'images'),
      2,
      /^error images holds no run\. Give the directory of a run\.$/,
    );
  });

  it('hold what standard output cannot take, and the loss is reported', function () {
    if (!existsSync('/dev/full')) return this.skip();
    const full = openSync('/dev/full', 'w');
    const {status, stderr} = spawnSync(process.execPath, [MAIN, 'models'], {
      cwd: cwd(),
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    expect(status, stderr).to.equal(1);
    expect(stderr)
      .to.match(/^error standard output: no space is left on the device\. /m)
      .and.not.to.match(/\n +at /);
  });

  it('are not half written over what is there: a page, a list, a recipe', async () => {
    for (const name of ['page.html', 'list.txt', 'recipe.jsonc'])
      writeFileSync(join(cwd(), name), 'good');
    mkdirSync(join(cwd(), 'limited'), {recursive: true});
    const {finetune} = await import('../helpers/program.js');
    const limited = {
      cwd: cwd(),
      fileLimit: 0,
      environment: {FINETUNE_CACHE: join(cwd(), 'limited')},
    };
    const page =
      /^error page\.html \(--html\) cannot be written: the file may not grow so large\. Choose another path\.$/;
    expectSentence(await finetune(['check', 'images', '--html', 'page.html'], limited), 2, page);
    expectSentence(
      await finetune(['init', '--overwrite'], limited),
      1,
      /^error recipe\.jsonc: the file may not grow so large\./,
    );
    for (const name of ['page.html', 'recipe.jsonc'])
      expect(readFileSync(join(cwd(), name), 'utf8')).to.equal('good');
    expect(readdirSync(cwd()).filter(name => name.endsWith('.unfinished'))).to.deep.equal([]);
  });
});
