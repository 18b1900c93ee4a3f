import {expect} from 'chai';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {hostname} from 'node:os';
import {join, resolve} from 'node:path';
import type {Recipe} from '../../../src/finetune/recipe/recipe.js';
import {mergeRecipe} from '../../../src/finetune/recipe/resolve-recipe.js';
import {
  nextRunDirectory,
  newestRunDirectory,
  RunDirectory,
} from '../../../src/finetune/run/run-directory.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const FACTS = {
  images: 100,
  classes: 2,
  smallestClass: 50,
  largestClass: 50,
  pretrained: true,
  gpu: false,
};
const RECIPE: Recipe = mergeRecipe([], FACTS).recipe;

describe('a run directory', () => {
  let parent: string;
  beforeEach('choose a place', () => void (parent = temporaryDirectory()));

  const open: RunDirectory[] = [];
  const closeAll = async (): Promise<void> =>
    void (await Promise.all(open.splice(0).map(directory => directory.close())));
  afterEach(closeAll);

  const withFiles = (name: string, ...files: readonly string[]): string => {
    const path = join(parent, name);
    mkdirSync(path);
    for (const file of files) writeFileSync(join(path, file), 'x');
    return path;
  };
  const made = async (path: string, overwrite: boolean): Promise<RunDirectory> => {
    const directory = await RunDirectory.reserve(path, overwrite);
    await directory.clear();
    open.push(directory);
    return directory;
  };
  const opened = async (path: string, recipe: Recipe): Promise<RunDirectory> => {
    const directory = await RunDirectory.open(path, recipe);
    open.push(directory);
    return directory;
  };
  const begunRun = async (): Promise<RunDirectory> => {
    const directory = await made(join(parent, 'run'), false);
    await directory.writeJson('recipe', {data: './pets', ...RECIPE});
    await closeAll();
    return directory;
  };
  const refusal = async (
    path: string,
    overwrite: boolean,
    before = readdirSync(path),
  ): Promise<string> => {
    const error = await rejectionOf(RunDirectory.reserve(path, overwrite));
    expect(error).to.include({code: 'USAGE', exitCode: 2});
    if (before.length > 0) expect(readdirSync(path)).to.deep.equal(before);
    return error.message.replaceAll(path, 'RUN');
  };

  it('is made with the folders above it', async () => {
    const directory = await made(join(parent, 'a', 'b'), false);
    expect(readdirSync(directory.path)).to.deep.equal(['.lock']);
    await directory.writeJson('recipe', {});
    await directory.close();
    expect(readdirSync(directory.path)).to.deep.equal(['recipe.json']);
  });

  it('goes again, with the folders made for it, where nothing came into it', async () => {
    const directory = await RunDirectory.reserve(join(parent, 'a', 'b'), false);
    await directory.close();
    expect(readdirSync(parent)).to.deep.equal([]);
    const kept = await RunDirectory.reserve(withFiles('empty'), false);
    await kept.close();
    expect(readdirSync(parent)).to.deep.equal(['empty']);
  });

  it('may be an empty one', async () => {
    await made(withFiles('empty'), false);
  });

  it('is not one with files in it', async () => {
    expect(await refusal(withFiles('taken', 'recipe.json'), false)).to.equal(
      'RUN (--out) is not empty. Resume the run there with --resume RUN. Choose another directory, or add --overwrite.',
    );
  });

  it('replaces a run when it is complete, and nothing but a run', async () => {
    const run = withFiles('run', 'recipe.json', 'metrics.json');
    const directory = await made(run, true);
    await directory.writeJson('recipe', {seed: 2});
    expect(directory.file('recipe')).to.equal(join(parent, '.run.replacement', 'recipe.json'));
    expect(directory.finalFile('recipe')).to.equal(join(run, 'recipe.json'));
    expect(readFileSync(join(run, 'recipe.json'), 'utf8')).to.equal('x');
    await directory.complete();
    expect(directory.file('recipe')).to.equal(join(run, 'recipe.json'));
    expect(readdirSync(run)).to.deep.equal(['.lock', 'recipe.json']);
    await directory.close();
    expect(readdirSync(parent)).to.deep.equal(['run']);
    expect(readdirSync(run)).to.deep.equal(['recipe.json']);
    expect(await refusal(withFiles('images', 'cat.jpg'), true)).to.equal(
      'RUN holds files that are not of a run, so --overwrite does not replace it. Choose another --out.',
    );
    await made(join(parent, 'new'), true);
  });

  it('leaves what is there, and nothing else, when it is not made', async () => {
    const run = withFiles('run', 'recipe.json', 'metrics.json');
    await (await RunDirectory.reserve(run, true)).close();
    expect(readdirSync(run)).to.deep.equal(['metrics.json', 'recipe.json']);
    expect(readdirSync(parent)).to.deep.equal(['run']);
  });

  it('is replaced where a link leads to, and stays linked', async () => {
    withFiles('run', 'recipe.json');
    const link = join(parent, 'link');
    symlinkSync('run', link);
    const directory = await made(link, true);
    await directory.writeJson('recipe', {seed: 2});
    await directory.complete();
    await directory.close();
    expect(readlinkSync(link)).to.equal('run');
    expect(JSON.parse(readFileSync(join(parent, 'run', 'recipe.json'), 'utf8'))).to.deep.equal({
      seed: 2,
    });
  });

  describe('by a kill while it was replaced', () => {
    const FINISHED = ['metrics.json', 'report.html', 'recipe.json'];
    const finish = (path: string): void => {
      mkdirSync(join(path, 'model'));
      writeFileSync(join(path, 'model', 'finetune.json'), '{}');
    };

    it('is there again from the replacement, which is whole', async () => {
      finish(withFiles('.run.replacement', ...FINISHED));
      withFiles('.run.replaced', 'recipe.json', 'old');
      const run = join(parent, 'run');
      expect(await refusal(run, false, [])).to.match(/^RUN \(--out\) is not empty\. Choose/);
      expect(readdirSync(run).sort()).to.deep.equal([
        'metrics.json',
        'model',
        'recipe.json',
        'report.html',
      ]);
      expect(readdirSync(parent)).to.deep.equal(['run']);
    });

    it('is there again as it was where the replacement is not whole', async () => {
      withFiles('.run.replacement', 'recipe.json');
      withFiles('.run.replaced', 'recipe.json', 'old');
      const run = join(parent, 'run');
      expect(await refusal(run, false, [])).to.include('Resume the run there with --resume RUN.');
      expect(readdirSync(run)).to.deep.equal(['old', 'recipe.json']);
      expect(readdirSync(parent)).to.deep.equal(['.run.replacement', 'run']);
    });

    it('loses what is left of the old one', async () => {
      const run = withFiles('run', ...FINISHED);
      withFiles('.run.replaced', 'old');
      await refusal(run, false);
      expect(readdirSync(parent)).to.deep.equal(['run']);
    });
  });

  describe('in use', () => {
    it('is taken by nobody else, by whatever name, until it is closed', async () => {
      const run = join(parent, 'run');
      const directory = await made(run, false);
      symlinkSync(run, join(parent, 'link'));
      for (const [path, overwrite] of [
        [run, false],
        [run, true],
        [join(parent, 'link'), true],
      ] as const) {
        const error = await rejectionOf(RunDirectory.reserve(path, overwrite));
        expect(error).to.include({code: 'RUN_LOCKED', exitCode: 1});
        expect(error.message.replace(path, 'RUN')).to.match(
          new RegExp(
            `^RUN is in use by another run \\(process ${process.pid} on .+, since \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC\\)\\. Wait until`,
          ),
        );
      }
      await directory.writeJson('recipe', RECIPE);
      expect(await rejectionOf(RunDirectory.open(run, RECIPE))).to.include({code: 'RUN_LOCKED'});
      await directory.close();
      await opened(run, RECIPE);
    });

    it('is given to one of many who ask at once', async () => {
      const run = join(parent, 'a', 'run');
      const requested = await Promise.allSettled(
        Array.from({length: 8}, () => RunDirectory.reserve(run, false)),
      );
      const got = requested.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []));
      expect(got).to.have.length(1);
      for (const each of requested)
        if (each.status === 'rejected') expect(each.reason).to.include({code: 'RUN_LOCKED'});
      await got[0]!.close();
    });

    it('by a process that has died is free', async () => {
      const run = withFiles('run');
      writeFileSync(
        join(run, '.lock'),
        JSON.stringify({pid: 2 ** 22 + 1, host: hostname(), startedAt: '1'}),
      );
      await made(run, false);
    });
  });

  it('is not a file', async () => {
    writeFileSync(join(parent, 'file'), '');
    for (const path of [join(parent, 'file'), join(parent, 'file', 'run')]) {
      expect((await rejectionOf(RunDirectory.reserve(path, false))).message).to.match(
        /file.*Give another --out\.$/,
      );
    }
  });

  it('is opened again by the recipe it was begun with', async () => {
    const {path} = await begunRun();
    expect((await opened(path, RECIPE)).path).to.equal(path);
    await closeAll();
    expect((await opened(path, {...RECIPE, cacheMemory: 2})).path).to.equal(path);
  });

  const others: readonly (readonly [key: string, recipe: Recipe])[] = [
    ['seed', {...RECIPE, seed: 7}],
    ['imageSize', {...RECIPE, imageSize: 64}],
    ['phases', {...RECIPE, phases: [{...RECIPE.phases[0]!, epochs: 9}]}],
  ];
  for (const [key, recipe] of others) {
    it(`is not opened by a recipe of another ${key}`, async () => {
      const {path} = await begunRun();
      const error = await rejectionOf(RunDirectory.open(path, recipe));
      expect(error).to.include({code: 'USAGE', exitCode: 2});
      expect(error.message).to.equal(
        `The run in ${path} was started with another ${key}. ` +
          `Resume it with that ${key}, or start another run.`,
      );
    });
  }

  it('is not opened where there is no run', async () => {
    for (const path of [withFiles('other', 'split.json'), join(parent, 'nowhere')]) {
      expect((await rejectionOf(RunDirectory.open(path, RECIPE))).message).to.equal(
        `${path} holds no run to --resume: there is no recipe.json. Give the directory of a run.`,
      );
    }
  });

  it('holds whole files only', async () => {
    const directory = await made(join(parent, 'run'), false);
    await directory.writeJson('recipe', {arch: 'resnet18'});
    await directory.writeJson('recipe', {arch: 'resnet50'});
    expect(readdirSync(directory.path)).to.deep.equal(['.lock', 'recipe.json']);
    expect(readFileSync(directory.file('recipe'), 'utf8')).to.equal('{\n  "arch": "resnet50"\n}\n');
    expect([await directory.readJson('recipe'), await directory.readJson('split')]).to.deep.equal([
      {arch: 'resnet50'},
      undefined,
    ]);
  });

  it('is named after the images and the network, and numbered when taken', () => {
    const fresh = (): string => nextRunDirectory(join('somewhere', 'pets', ''), 'resnet50', parent);
    expect(fresh()).to.equal(join(parent, 'pets-resnet50'));
    mkdirSync(fresh());
    expect(fresh()).to.equal(join(parent, 'pets-resnet50-2'));
    mkdirSync(fresh());
    expect(fresh()).to.equal(join(parent, 'pets-resnet50-3'));
    expect(existsSync(fresh())).to.equal(false);
  });

  it('to be overwritten by default is the newest one on the same images', () => {
    const newest = (data: string): string => newestRunDirectory(data, 'resnet50', parent);
    const begin = (name: string, data: string): void =>
      writeFileSync(join(withFiles(name), 'recipe.json'), JSON.stringify({data: resolve(data)}));
    expect(newest('pets')).to.equal(join(parent, 'pets-resnet50'));
    begin('pets-resnet50', 'pets');
    begin('pets-resnet50-2', 'pets');
    begin('pets-resnet50-3', 'others/pets');
    withFiles('pets-resnet50-4', 'recipe.json');
    expect(newest('pets')).to.equal(join(parent, 'pets-resnet50-2'));
    expect(newest('others/pets')).to.equal(join(parent, 'pets-resnet50-3'));
    expect(newest('elsewhere/pets')).to.equal(join(parent, 'pets-resnet50-5'));
  });
});
