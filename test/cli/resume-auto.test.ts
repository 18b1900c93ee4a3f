import {existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {RunPlan} from '../../src/cli/run-plan.js';
import type {OptionValues} from '../../src/finetune/options/merge-options.js';
import {inDirectory, runCaptured} from '../helpers/capture.js';
import {useBackend} from '../helpers/backend.js';
import {readEvents} from '../helpers/event-file.js';
import {expectEnded, expectSentence} from '../helpers/expect-ended.js';
import {finetune, inDrawnFolder, SMALL_RUN, type Ended} from '../helpers/program.js';
import {PROBE} from '../helpers/small-run.js';
import {temporaryDirectory} from '../helpers/temporary.js';

const PHASES = [PROBE];

/** A plan of `finetune --resume auto` with these flags. */
const planOf = (flags: OptionValues): RunPlan =>
  new RunPlan({
    args: [],
    positionals: {},
    optionSources: [{source: 'flag', values: {resume: 'auto', ...flags}}],
    values: {resume: 'auto', ...flags},
  });

describe('--resume auto', () => {
  let root = '';
  beforeEach(() => {
    root = temporaryDirectory();
    mkdirSync(join(root, 'pets'));
  });
  const inRoot = <T>(work: () => T): Promise<T> => inDirectory(root, async () => work());

  /** A run that was started, and finished or not. */
  function begun(run: string, recipe: OptionValues = {}, isFinished = false): void {
    mkdirSync(join(root, run, 'model'), {recursive: true});
    const document = {data: join(root, 'pets'), arch: 'resnet50', phases: PHASES, ...recipe};
    writeFileSync(join(root, run, 'recipe.json'), JSON.stringify(document));
    const files = isFinished ? ['metrics.json', 'report.html', 'model/finetune.json'] : [];
    for (const name of files) writeFileSync(join(root, run, name), '{}');
  }
  const found = (flags: OptionValues): Promise<readonly [string | undefined, boolean]> =>
    inRoot(() => {
      const {resumed, isFinished} = planOf(flags);
      return [resumed, isFinished] as const;
    });

  it('starts a run where there is none', async () => {
    const flags = {data: 'pets', out: 'run'};
    expect(await found(flags)).to.deep.equal([undefined, false]);
    mkdirSync(join(root, 'run'));
    expect(await found(flags)).to.deep.equal([undefined, false]);
    expect(await inRoot(() => planOf(flags).chooseDirectory('resnet50'))).to.equal('run');
  });

  it('continues the run in --out, and tells one that has finished', async () => {
    begun('run');
    expect(await found({data: 'pets', out: 'run'})).to.deep.equal(['run', false]);
    begun('done', {}, true);
    expect(await found({data: 'pets', out: 'done'})).to.deep.equal(['done', true]);
  });

  it('finds the interrupted run under the default name, and starts another after a finished one', async () => {
    begun('runs/pets-resnet50', {}, true);
    expect(await found({data: 'pets'})).to.deep.equal([undefined, false]);
    expect(await inRoot(() => planOf({data: 'pets'}).chooseDirectory('resnet50'))).to.equal(
      'runs/pets-resnet50-2',
    );
    begun('runs/pets-resnet50-2');
    begun('runs/pets-resnet18');
    utimesSync(join(root, 'runs/pets-resnet50-2/recipe.json'), 0, 0);
    expect(await found({data: 'pets'})).to.deep.equal(['runs/pets-resnet50-2', false]);
    expect(await found({data: 'pets', arch: 'resnet18'})).to.deep.equal([
      'runs/pets-resnet18',
      false,
    ]);
  });

  it('finds the run of a network that the weights bring', async () => {
    begun('runs/pets-resnet18', {arch: 'resnet18', weights: 'embedded'});
    const flags = {data: 'pets', weights: 'embedded'};
    expect(await found(flags)).to.deep.equal([join('runs', 'pets-resnet18'), false]);
  });

  it('finds the run that embedded weights replaced others in, since those could not be downloaded', async () => {
    const run = join('runs', 'pets-resnet18');
    begun('runs/pets-resnet18', {arch: 'resnet18', weights: 'embedded'});
    expect(await found({data: 'pets'})).to.deep.equal([run, false]);
    expect(await found({data: 'pets', weights: 'auto'})).to.deep.equal([run, false]);
    // It keeps the weights of the run.
    const requested = (flags: OptionValues): Promise<unknown> =>
      inRoot(() => [planOf(flags).requested.weights, planOf(flags).requested.arch]);
    for (const flags of [{data: 'pets'}, {data: 'pets', weights: 'auto'}])
      expect(await requested(flags)).to.deep.equal(['embedded', 'resnet18']);
    // A network or weights that are named are not those.
    expect(await found({data: 'pets', arch: 'resnet50'})).to.deep.equal([undefined, false]);
    expect(await found({data: 'pets', weights: 'resnet50.v2'})).to.deep.equal([undefined, false]);
  });

  it('leaves a run of the same network alone that other weights were given for', async () => {
    begun('runs/pets-resnet18', {arch: 'resnet18', weights: 'resnet18.imagenet1k-v1'});
    begun('runs/pets-resnet18-2', {arch: 'resnet18', weights: 'none'});
    begun('runs/pets-resnet18-3', {arch: 'resnet18', weights: 'embedded'}, true);
    expect(await found({data: 'pets'})).to.deep.equal([undefined, false]);
  });

  it('keeps what the run was started with, and resolves a schedule that is named', async () => {
    begun('run', {batchSize: 7, folds: 3});
    const phasesOf = (flags: OptionValues): Promise<unknown> =>
      inRoot(() => {
        const {requested, values} = planOf({data: 'pets', out: 'run', ...flags});
        return [requested.phases, requested.batchSize, values.folds];
      });
    expect(await phasesOf({})).to.deep.equal([PHASES, 7, 3]);
    expect(await phasesOf({batchSize: 9})).to.deep.equal([PHASES, 9, 3]);
    expect(await phasesOf({epochs: 5})).to.deep.equal([undefined, 7, 3]);
  });

  it('refuses other inputs than those that the run was started with', async () => {
    begun('run', {folds: 3});
    const sentence = async (flags: OptionValues): Promise<string> =>
      inRoot(() => planOf({data: 'pets', out: 'run', ...flags})).then(
        () => '',
        (error: Error) => error.message,
      );
    expect(await sentence({folds: 3})).to.equal('');
    expect(await sentence({folds: 5})).to.equal(
      '--folds 5 differs from the run in run, which was started with 3. Repeat the same command, or give another --out.',
    );
    expect(await sentence({maxPerClass: 5})).to.match(/^--max-per-class 5 .* started without it\./);
    mkdirSync(join(root, 'others'));
    expect(await sentence({data: 'others'})).to.match(/^--data others differs from the run in run/);
  });

  it('refuses what contradicts it', async () => {
    const refused = async (...args: string[]): Promise<string> => {
      const {exitCode, stderr} = await inDirectory(root, () =>
        runCaptured(['--data', 'pets', '--resume', 'auto', ...args]),
      );
      expect(exitCode).to.equal(2);
      return stderr;
    };
    expect(await refused('--overwrite')).to.equal(
      'error --overwrite replaces a run, and --resume auto continues it. Leave out one.\n',
    );
    expect(await refused('--ensemble', 'resnet18,resnet34')).to.match(
      /--resume auto with --ensemble needs --out/,
    );
    mkdirSync(join(root, 'study', 'runs'), {recursive: true});
    writeFileSync(join(root, 'study', 'recipe.json'), '{}');
    expect(await refused('--out', 'study')).to.match(/study holds a study/);
  });

  it('names no several runs in one of MLflow', async () => {
    for (const option of [
      ['--folds', '3'],
      ['--ensemble', 'resnet18,resnet34'],
    ]) {
      const {exitCode, stderr} = await inDirectory(root, () =>
        runCaptured(['--data', 'pets', ...option], {
          MLFLOW_TRACKING_URI: 'http://127.0.0.1:9',
          MLFLOW_RUN_ID: 'r1',
        }),
      );
      expect(exitCode).to.equal(2);
      expect(stderr).to.match(
        /^error MLFLOW_RUN_ID names one run, and --\S+( 3)? trains several\./,
      );
    }
  });
});

describe('a command with --resume auto that a machine repeats', function () {
  this.timeout(180_000);
  useBackend();
  const {cwd} = inDrawnFolder();
  const OPTIONS = [
    ...['--data', 'images', ...SMALL_RUN, '--head-solver', 'optimizer'],
    ...['--epochs', '40', '--out', 'run', '--resume', 'auto'],
  ];
  const repeat = (...args: string[]): Promise<Ended> =>
    finetune([...OPTIONS, ...args], {cwd: cwd()});
  const lines = (): string[] => readFileSync(join(cwd(), 'run/metrics.jsonl'), 'utf8').split('\n');

  it('starts, continues after a kill without repeating an epoch in any record, and ends at once when all is done', async () => {
    const killed = await finetune(OPTIONS, {
      cwd: cwd(),
      at: {marker: 'epoch=3 ', act: child => void child.kill('SIGKILL')},
    });
    expect(killed.signal).to.equal('SIGKILL');
    expect(killed.stderr).to.match(/^resume +there is no run to resume, so one is started\n/);
    expect(existsSync(join(cwd(), 'run/metrics.json'))).to.equal(false);

    const resumed = await repeat('--json');
    expectEnded(resumed, 0);
    expect(resumed.stderr).to.match(/^resume +continues the run in run\n/);
    const history = readFileSync(join(cwd(), 'run/history.csv'), 'utf8').trimEnd().split('\n');
    expect(history).to.have.length(41);
    expect(lines().slice(0, -1)).to.have.length(40);
    const epochs = lines()
      .slice(0, -1)
      .map(line => (JSON.parse(line) as {epoch: number}).epoch);
    expect(epochs).to.deep.equal(Array.from({length: 40}, (_, i) => i + 1));
    const files = readdirSync(join(cwd(), 'run')).filter(name => name.includes('tfevents'));
    expect(files).to.have.length(1);
    const events = readEvents(readFileSync(join(cwd(), 'run', files[0]!)));
    expect(events.map(({step}) => step)).to.deep.equal([0, 0, ...epochs, 40]);
    const losses = history.slice(1).map(row => Math.fround(Number(row.split(',')[4])));
    expect(events.slice(2, -1).map(({scalars}) => scalars['train/loss'])).to.deep.equal(losses);

    const again = await repeat('--json');
    expectEnded(again, 0);
    expect(again.stdout).to.equal(resumed.stdout);
    expect(again.stderr)
      .to.match(/^resume +run has finished\n/)
      .and.not.to.match(/\nphase /);
    expectSentence(
      await repeat('--lr', '0.5'),
      2,
      /^error The run in run was started with another /m,
    );
  });
});
