import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {expect} from 'chai';
import {temporaryDirectory} from '../helpers/temporary.js';
import {writeImages, of} from '../helpers/images.js';
import {inDirectory, runCaptured} from '../helpers/capture.js';

const parsed = (text: string): Record<string, unknown> =>
  JSON.parse(text) as Record<string, unknown>;

describe('finetune check', () => {
  it('tells the size of every class, what it found, and what to type next', async () => {
    const root = temporaryDirectory();
    await writeImages(root, [...of('ants', 3), ...of('bees', 12)]);
    writeFileSync(join(root, 'ants', 'notes.txt'), 'notes');
    writeFileSync(join(root, 'bees', 'cut.jpg'), 'no image');
    const {exitCode, stdout, stderr} = await runCaptured(['check', root]);
    expect(exitCode).to.equal(0);
    expect(stdout).to.match(
      /: 15 images in 2 classes\n {2}class {2}images\n {2}ants {8}3\n {2}bees {7}12\n/,
    );
    expect(stdout)
      .to.match(/\nwarning .*cut\.jpg/)
      .and.to.match(/\nnote .*notes\.txt/)
      .and.to.match(/\nReady to train\.\n$/);
    expect(stderr).to.equal(`\nNext: finetune --data ${root}\n`);
  });

  it('compares the classes where there are many', async () => {
    const root = temporaryDirectory();
    await writeImages(root, [
      ...Array.from({length: 13}, (_, i) => `class${i}/0.png`),
      'class7/1.png',
    ]);
    expect((await runCaptured(['check', root])).stdout).to.include(
      '\n  from 1 image (class0) to 2 (class7)\n',
    );
  });

  it('is one JSON document for programs', async () => {
    const root = temporaryDirectory();
    await writeImages(root, [
      ...of('train/ants', 2),
      ...of('train/bees', 2),
      ...of('val/ants', 1),
      ...of('val/bees', 1),
    ]);
    const {exitCode, stdout, stderr} = await runCaptured(['check', root, '--json', '--quiet']);
    expect(exitCode).to.equal(0);
    expect(stderr).to.equal('');
    expect(parsed(stdout)).to.deep.include({
      layout: 'splits',
      classes: ['ants', 'bees'],
      images: {found: 6, readable: 6},
      perClass: {ants: {train: 2, validation: 1}, bees: {train: 2, validation: 1}},
      usable: true,
    });
  });

  it('exits with 3 where a run would refuse the folder, after telling what it found', async () => {
    const root = temporaryDirectory();
    await writeImages(root, [...of('ants', 3), ...of('bees', 3)]);
    const whole = readFileSync(join(root, 'bees', '0.png'));
    for (const name of ['0.png', '1.png'])
      writeFileSync(join(root, 'bees', name), whole.subarray(0, whole.length - 200));
    const list = join(temporaryDirectory(), 'exclude.txt');
    const {exitCode, stdout, stderr} = await runCaptured(['check', root, '--write-exclude', list]);
    expect(exitCode).to.equal(3);
    expect(stdout).to.include('warning').and.not.to.include('Ready');
    expect(stderr).to.match(
      /^error 2 of 3 images of class bees cannot be read.*--write-exclude exclude\.txt and add --exclude exclude\.txt\.\n$/,
    );
    expect(readFileSync(list, 'utf8')).to.equal('bees/0.png\nbees/1.png\n');
    const json = parsed((await runCaptured(['check', root, '--json'])).stdout);
    expect(json).to.deep.include({usable: false}).and.to.have.nested.property('error.exitCode', 3);
  });
});

describe('finetune models', () => {
  it('tells of every card where its file would come from', async () => {
    const cache = temporaryDirectory();
    mkdirSync(join(cache, 'weights'));
    writeFileSync(join(cache, 'weights', 'resnet18-f37072fd.pth'), '');
    const environment = {FINETUNE_CACHE: cache, HOME: cache};
    const {stdout} = await runCaptured(['models'], environment);
    expect(stdout).to.match(
      /^resnet18\.imagenet1k-v1 +69\.8 +11\.7 +45 +probe +BSD-3-Clause +here$/m,
    );
    expect(stdout).to.match(
      /^resnet50\.dino +75\.3\* +23\.5 +probe, far-domain +Apache-2\.0 +download$/m,
    );
    expect(stdout).to.match(/\* .*resnet50\.dino: imagenet-1k, linear probe[;.]/);
    expect(stdout).to.match(/^License: torchvision, /m);
    const {weights} = parsed((await runCaptured(['models', '--json'], environment)).stdout) as {
      weights: {name: string; source: string}[];
    };
    expect(weights.find(({name}) => name === 'resnet18.imagenet1k-v1')).to.include({
      source: 'cache',
    });
  });
});

describe('finetune init', () => {
  it('writes a recipe once, and says how to use it', async () => {
    await inDirectory(temporaryDirectory(), async () => {
      const {exitCode, stdout, stderr} = await runCaptured(['init']);
      expect({exitCode, stdout, stderr}).to.deep.equal({
        exitCode: 0,
        stdout: 'recipe.jsonc\n',
        stderr: 'Edit it, then: finetune --data DIR --recipe recipe.jsonc\n',
      });
      const schema = /"\$schema": "(.*)"/.exec(readFileSync('recipe.jsonc', 'utf8'))![1]!;
      expect(existsSync(schema)).to.equal(true);
      const again = await runCaptured(['init']);
      expect(again.exitCode).to.equal(2);
      expect(again.stderr).to.equal(
        'error recipe.jsonc exists already. Give another name, or add --overwrite.\n',
      );
      expect((await runCaptured(['init', '--overwrite'])).exitCode).to.equal(0);
      expect((await runCaptured(['init', 'new/my.json'])).stdout).to.equal('new/my.json\n');
    });
  });
});

describe('finetune schema', () => {
  it('prints a JSON Schema that knows every option, with or without --json', async () => {
    const {stdout} = await runCaptured(['schema']);
    expect(parsed(stdout)).to.have.nested.property('properties.arch.default', 'resnet50');
    expect((await runCaptured(['schema', '--json'])).stdout).to.equal(stdout);
  });
});

describe('finetune backend', () => {
  const REFUSED: readonly (readonly [args: string, sentence: string])[] = [
    [
      'backend isntall',
      'finetune backend cannot do "isntall", only install. See finetune backend --help.',
    ],
    [
      'backend --from x.whl',
      '--from is only for an installation. Run finetune backend install --from ....',
    ],
    [
      'backend install --offline',
      'finetune backend install --offline has nothing to install from. Give --from WHEEL.',
    ],
    [
      'backend install --backend wasm',
      '--backend wasm is always installed. Use --backend auto or tensorflow with finetune backend install.',
    ],
  ];
  for (const [args, sentence] of REFUSED) {
    it(`refuses "${args}"`, async () => {
      const {exitCode, stderr} = await runCaptured(args.split(' '));
      expect({exitCode, stderr}).to.deep.equal({exitCode: 2, stderr: `error ${sentence}\n`});
    });
  }
});

describe('finetune demo', () => {
  it('draws into no folder that holds anything else', async () => {
    const folder = temporaryDirectory();
    writeFileSync(join(folder, 'thesis.txt'), 'mine');
    const {exitCode, stderr} = await runCaptured(['demo', folder]);
    expect(exitCode).to.equal(2);
    expect(stderr).to.equal(
      `error The demo is not drawn among other files, such as ${join(folder, 'thesis.txt')}. Give another folder: finetune demo DIR. To train on images of your own: finetune demo --data DIR.\n`,
    );
  });

  it('draws into no folder with more images of such names than it draws itself', async () => {
    const folder = temporaryDirectory();
    mkdirSync(join(folder, 'crab'));
    for (const name of ['crab-000.jpg', 'crab-040.jpg'])
      writeFileSync(join(folder, 'crab', name), '');
    const {exitCode, stderr} = await runCaptured(['demo', folder]);
    expect(exitCode).to.equal(2);
    expect(stderr).to.include(`such as ${join(folder, 'crab', 'crab-040.jpg')}. `);
  });

  it('takes images of the user or draws some, not both', async () => {
    const {exitCode, stderr} = await runCaptured(['demo', 'drawn', '--data', 'pets']);
    expect(exitCode).to.equal(2);
    expect(stderr).to.equal(
      'error Images are drawn into drawn, or those in --data pets are used. Leave out one.\n',
    );
    expect(existsSync('drawn')).to.equal(false);
  });
});

describe('finetune --resume', () => {
  const begin = (run: string, ...files: string[]): void => {
    mkdirSync(run, {recursive: true});
    for (const file of files) {
      mkdirSync(dirname(join(run, file)), {recursive: true});
      writeFileSync(join(run, file), '{"data": "nowhere"}');
    }
  };
  const refusal = async (...args: string[]): Promise<string> => {
    const {exitCode, stderr} = await runCaptured(args);
    expect(exitCode).to.equal(2);
    return stderr;
  };

  it('takes the newest interrupted run, and passes over finished ones', async () => {
    await inDirectory(temporaryDirectory(), async () => {
      begin('runs/finished', 'recipe.json', 'metrics.json', 'report.html', 'model/finetune.json');
      begin('runs/interrupted', 'recipe.json');
      expect((await runCaptured(['--resume'])).stderr).to.match(
        /nowhere does not exist\. Check the path\./,
      );
    });
  });

  it('takes one that was to replace a finished run, by the name of either', async () => {
    await inDirectory(temporaryDirectory(), async () => {
      begin('runs/finished', 'recipe.json', 'metrics.json', 'report.html', 'model/finetune.json');
      begin('runs/.finished.replacement', 'recipe.json');
      for (const args of [
        ['--resume'],
        ['--resume', 'runs/finished'],
        ['--resume', 'runs/.finished.replacement'],
      ]) {
        expect((await runCaptured(args)).stderr).to.match(
          /nowhere does not exist\. Check the path\./,
        );
      }
    });
  });

  it('refuses what cannot be resumed', async () => {
    await inDirectory(temporaryDirectory(), async () => {
      begin('runs/finished', 'recipe.json', 'metrics.json', 'report.html', 'model/finetune.json');
      expect(await refusal('--resume')).to.equal(
        'error There is no interrupted run in runs/ to resume. Give --resume DIR.\n',
      );
      expect(await refusal('--resume', 'runs/finished')).to.equal(
        'error The run in runs/finished has finished, so there is nothing to --resume. Start a new one.\n',
      );
      expect(await refusal('--resume', 'nowhere')).to.equal(
        'error nowhere holds no run to --resume: there is no recipe.json. Give the directory of a run.\n',
      );
    });
  });

  it('refuses values that would make it another run', async () => {
    expect(await refusal('--resume', 'runs/a', '--lr', '1')).to.equal(
      'error --lr cannot change with --resume: a resumed run keeps its recipe. Start another run for other values.\n',
    );
  });
});

describe('help', () => {
  it('goes to standard output and needs nothing', async () => {
    const {exitCode, stdout, stderr} = await runCaptured(['predict', '--help']);
    expect({exitCode, stderr}).to.deep.equal({exitCode: 0, stderr: ''});
    expect(stdout).to.include('finetune predict [model] [image..]');
  });
});
