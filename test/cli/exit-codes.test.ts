import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import sharp from 'sharp';
import {useBackend} from '../helpers/backend.js';
import {BACKEND, finetune, inDrawnFolder, MAIN, SMALL_RUN, type Ended} from '../helpers/program.js';

/** An image that looks like the others; its quality makes it another file. */
const gray = async (path: string, i: number): Promise<void> => {
  await sharp({create: {width: 40, height: 40, channels: 3, background: 'grey'}})
    .jpeg({quality: 60 + i})
    .toFile(path);
};

const STACK = /\n +at .*:\d+/;

interface Metrics {
  readonly metrics: {readonly validation: {readonly loss: number; readonly accuracy: number}};
}

describe('the exit code', function () {
  this.timeout(300_000);
  useBackend();

  const {cwd, run, train} = inDrawnFolder();

  function expectFailure({code, stdout, stderr}: Ended, exitCode: number, sentence: RegExp): void {
    expect(code, stderr).to.equal(exitCode);
    expect(stderr).to.match(sentence).and.not.to.match(STACK);
    expect(stdout).to.equal('');
  }

  describe('is 0 when done', () => {
    let ended: Ended;
    before('train', async () => {
      ended = await train('--json', '--out', 'runs/first');
    });

    it('with one JSON document on standard output, which is metrics.json', () => {
      expect(ended.code, ended.stderr).to.equal(0);
      expect(JSON.parse(ended.stdout)).to.deep.equal(
        JSON.parse(readFileSync(join(cwd(), 'runs/first/metrics.json'), 'utf8')),
      );
      expect(ended.stderr).to.match(/^backend .*\n(.*\n)*dataset .*24 images in 4 classes\n/);
    });

    it('and evaluate and predict take the exported model it left', async () => {
      const evaluated = await run(
        'evaluate',
        'runs/first/model',
        '--data',
        'images',
        ...BACKEND,
        '--json',
      );
      expect(evaluated.code, evaluated.stderr).to.equal(0);
      expect(JSON.parse(evaluated.stdout))
        .to.include({split: 'all', arch: 'resnet18'})
        .and.to.have.nested.property('metrics.numImages', 24);
      const predicted = await run(
        'predict',
        'runs/first/model',
        'images/crab',
        'images/fish/*0.jpg',
        '--top',
        '2',
        ...BACKEND,
      );
      expect(predicted.code, predicted.stderr).to.equal(0);
      expect(predicted.stdout.trim().split('\n')).to.have.length(7);
      expect(predicted.stdout).to.match(
        /^images\/crab\/crab-000\.jpg +\w+ +\d+\.\d % +\w+ +\d+\.\d %\n/,
      );
    });

    it('and predict takes the newest run, a list of files to exclude, and an image from standard input', async () => {
      writeFileSync(join(cwd(), 'exclude.txt'), 'crab-000.jpg\nimages/crab/crab-001.jpg\n');
      const predicted = await run('predict', 'images/crab', '--exclude', 'exclude.txt', ...BACKEND);
      expect(predicted.code, predicted.stderr).to.equal(0);
      expect(predicted.stderr)
        .to.match(/^model +runs\/first\/model, the newest in runs\/\n/)
        .and.to.match(/\n4 images: /);
      expect(predicted.stdout).to.match(/^images\/crab\/crab-002\.jpg .*\n(.*\n){3}$/);
      const input = readFileSync(join(cwd(), 'images/crab/crab-000.jpg'));
      const piped = execFileSync(
        process.execPath,
        [MAIN, 'predict', 'runs/first', '-', ...BACKEND],
        {cwd: cwd(), input, encoding: 'utf8'},
      );
      expect(piped).to.match(/^- +\w+ +\d+\.\d %\n$/);
      expectFailure(
        await run('predict', 'runs/first', '-', ...BACKEND),
        2,
        /error There is no image on standard input/,
      );
    });

    it('of predict only if every image could be read, and the others are reported all the same', async () => {
      writeFileSync(join(cwd(), 'broken.jpg'), 'no image');
      const ended = await run(
        'predict',
        'runs/first/model',
        'broken.jpg',
        'images/crab/crab-000.jpg',
        ...BACKEND,
        '--json',
      );
      expect(ended.code, ended.stderr).to.equal(1);
      const document = JSON.parse(ended.stdout) as {
        images: unknown[];
        unreadable: {image: string}[];
        error: {code: string};
      };
      expect(document.images).to.have.length(1);
      expect(document.unreadable.map(({image}) => image)).to.deep.equal(['broken.jpg']);
      expect(document.error.code).to.equal('IMAGE_UNREADABLE');
    });
  });

  it('is 1 when a file cannot be read', async () => {
    writeFileSync(join(cwd(), 'cut.safetensors'), Buffer.alloc(20, 1));
    expectFailure(
      await train('--weights', 'cut.safetensors', '--out', 'runs/cut'),
      1,
      /error .*cut\.safetensors/,
    );
  });

  it('is 2 for a command line, an environment or a recipe that cannot be taken', async () => {
    expectFailure(await run('--archh', 'resnet18'), 2, /did you mean --arch\?/);
    expectFailure(
      await finetune([], {cwd: cwd(), environment: {FINETUNE_ARHC: 'resnet18'}}),
      2,
      /did you mean FINETUNE_ARCH\?/,
    );
    writeFileSync(join(cwd(), 'wrong.json'), '{"epoch": 3}');
    expectFailure(await run('--recipe', 'wrong.json'), 2, /did you mean epochs\?/);
    expectFailure(
      await run(),
      2,
      /^error No folder of images is given\. .*:\n {2}finetune DIR .*\n(?:.*\n)* {2}finetune --help .*\n$/,
    );
  });

  it('is 2, as JSON where JSON was asked for', async () => {
    const {code, stdout} = await run('--json', '--batch-size', '0');
    expect(code).to.equal(2);
    expect(JSON.parse(stdout))
      .to.have.property('error')
      .that.includes({code: 'SCHEMA_VIOLATION', exitCode: 2});
  });

  it('is 3 for a dataset that cannot be used', async () => {
    mkdirSync(join(cwd(), 'lonely/only'), {recursive: true});
    const sentence = /^error .*lonely has .*; at least 2 are needed\. .*\n$/;
    expectFailure(await run('--data', 'lonely', ...BACKEND), 3, sentence);
    expectFailure(await run('check', 'lonely'), 3, sentence);
    expectFailure(
      await run('check', 'nowhere'),
      3,
      /^error .*nowhere does not exist\. Check the path\./,
    );
  });

  it('is that of a run that failed before it began, which leaves nothing and keeps the run that it was to replace', async () => {
    const out = join(cwd(), 'kept');
    mkdirSync(out);
    writeFileSync(join(out, 'recipe.json'), '{}');
    const noWeights = ['--data', 'images', '--weights', 'nowhere.safetensors'];
    expect((await run(...noWeights, '--out', 'never')).code).to.be.within(1, 2);
    expect(existsSync(join(cwd(), 'never'))).to.equal(false);
    expect((await run(...noWeights, '--out', 'kept', '--overwrite')).code).to.be.within(1, 2);
    expect(existsSync(join(out, 'recipe.json'))).to.equal(true);
  });

  it('is 4 for a device or a backend that is demanded and not here', async () => {
    const gpu = [
      '--data',
      'images',
      '--arch',
      'resnet18',
      '--weights',
      'none',
      '--device',
      'gpu:99',
    ];
    expectFailure(await run(...gpu), 4, /error .*--device gpu:99/);
    const nothing = {FINETUNE_CACHE: join(cwd(), 'empty-cache'), PATH: ''};
    const {code, stderr} = await finetune(['backend', '--backend', 'tensorflow', '--offline'], {
      cwd: cwd(),
      environment: nothing,
    });
    expect(code, stderr).to.equal(4);
    expect(stderr)
      .to.match(/error TensorFlow is not installed in /)
      .and.not.to.match(STACK);
  });

  it('is 5 when the accuracy is below what was asserted; the result stands', async () => {
    // All images alike: no classifier is right about more than one class.
    for (const name of ['a', 'b']) {
      mkdirSync(join(cwd(), 'alike', name), {recursive: true});
      for (let i = 0; i < 6; i++)
        await gray(join(cwd(), 'alike', name, `${name}${i}.jpg`), name === 'a' ? i : i + 6);
    }
    const {code, stdout, stderr} = await run(
      '--data',
      'alike',
      ...SMALL_RUN,
      '--assert-accuracy',
      '0.9',
      '--json',
      '--quiet',
    );
    expect(code, stderr).to.equal(5);
    const document = JSON.parse(stdout) as Metrics & {readonly run: string; readonly error: object};
    expect(document.metrics.validation.accuracy).to.be.below(0.9);
    expect(document.error).to.include({code: 'ACCURACY_BELOW_THRESHOLD', threshold: 0.9});
    expect(document.run).to.equal('runs/alike-resnet18');
    expect(stderr).to.match(
      /^error The accuracy is \d+\.\d %, below the 90\.0 % of --assert-accuracy\.\n$/,
    );
  });

  it('is 6 when training diverges', async () => {
    expectFailure(
      await train('--lr', '1e38', '--out', 'runs/diverged'),
      6,
      /error The loss of phase ".*" is \S+ after \d+ updates /,
    );
  });

  describe('is 130 or 143 when the run is stopped', () => {
    const long = ['--epochs', '60', '--seed', '3'];
    const stopAt = (...signals: readonly NodeJS.Signals[]) => ({
      marker: 'epoch=1 ',
      act: (child: {kill(signal: NodeJS.Signals): boolean}) =>
        signals.forEach(signal => child.kill(signal)),
    });
    const stopped = (out: string, ...signals: readonly NodeJS.Signals[]): Promise<Ended> =>
      finetune(['--data', 'images', ...SMALL_RUN, ...long, '--out', out], {
        cwd: cwd(),
        at: stopAt(...signals),
      });

    it('with a checkpoint, and the command that resumes to the numbers of a run that was not', async () => {
      const {code, stdout, stderr} = await stopped('runs/int', 'SIGINT');
      expect(code, stderr).to.equal(130);
      expect(stdout).to.equal('');
      expect(stderr).to.include('\n  finetune --resume runs/int\n').and.not.to.match(STACK);
      expect(existsSync(join(cwd(), 'runs/int/checkpoints/last'))).to.equal(true);
      expect(existsSync(join(cwd(), 'runs/int/metrics.json'))).to.equal(false);

      const elsewhere = join(cwd(), 'elsewhere');
      mkdirSync(elsewhere);
      const resumed = await finetune(['--resume', '../runs/int', '--json'], {cwd: elsewhere});
      expect(resumed.code, resumed.stderr).to.equal(0);
      const whole = await train(...long, '--out', 'runs/whole', '--json');
      const [a, b] = [resumed, whole].map(
        ended => (JSON.parse(ended.stdout) as Metrics).metrics.validation,
      );
      expect(a!.loss).to.be.closeTo(b!.loss, 1e-5);
      expect(a!.accuracy).to.equal(b!.accuracy);
    });

    it('with 143 for SIGTERM, and at once at a second signal', async () => {
      const term = await stopped('runs/term', 'SIGTERM');
      expect(term.code, term.stderr).to.equal(143);
      expect(term.stderr).to.include('finetune --resume runs/term');
      const twice = await stopped('runs/twice', 'SIGINT', 'SIGTERM');
      // Of two signals that wait together either may come first; the second has the last word.
      const announced = /Stopping \((\w+)\)/.exec(twice.stderr)?.[1];
      expect(twice.code, twice.stderr).to.equal(announced === 'SIGINT' ? 143 : 130);
      expect(twice.stderr).not.to.include('--resume');
      rmSync(join(cwd(), 'runs/twice'), {recursive: true, force: true});
    });
  });
});
