import {expect} from 'chai';
import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Recipe} from '../../src/finetune/recipe.js';
import {resolveLayers} from '../../src/finetune/resolve-recipe.js';
import {freshRunDirectory, RunDirectory} from '../../src/finetune/run-directory.js';
import {rejectionOf} from '../helpers/rejection.js';
import {temporaryDirectory} from '../helpers/temporary.js';

const FACTS = {images: 100, classes: 2, smallestClass: 50, largestClass: 50, pretrained: true, gpu: false};
const RECIPE: Recipe = resolveLayers([], FACTS).recipe;

describe('a run directory', () => {
  let parent: string;
  beforeEach('choose a place', () => void (parent = temporaryDirectory()));

  const withFiles = (name: string, ...files: readonly string[]): string => {
    const path = join(parent, name);
    mkdirSync(path);
    for (const file of files) writeFileSync(join(path, file), 'x');
    return path;
  };
  const made = async (path: string, overwrite: boolean): Promise<RunDirectory> => {
    const directory = await RunDirectory.plan(path, overwrite);
    await directory.make();
    return directory;
  };
  const begunRun = async (): Promise<RunDirectory> => {
    const directory = await made(join(parent, 'run'), false);
    await directory.writeJson('recipe', {data: './pets', ...RECIPE});
    return directory;
  };
  const refusal = async (path: string, overwrite: boolean): Promise<string> => {
    const before = readdirSync(path);
    const error = await rejectionOf(RunDirectory.plan(path, overwrite));
    expect(error).to.include({code: 'USAGE', exitCode: 2});
    expect(readdirSync(path)).to.deep.equal(before);
    return error.message.replaceAll(path, 'RUN');
  };

  it('is made with the folders above it', async () => {
    const {path} = await made(join(parent, 'a', 'b'), false);
    expect(readdirSync(path)).to.deep.equal([]);
  });

  it('may be an empty one', async () => {
    await made(withFiles('empty'), false);
  });

  it('is not one with files in it', async () => {
    expect(await refusal(withFiles('taken', 'recipe.json'), false)).to.equal(
      'Expected a new or empty directory for --out, but found files in RUN. Choose another, or add --overwrite.',
    );
  });

  it('replaces a run, and nothing but a run', async () => {
    const run = withFiles('run', 'recipe.json', 'metrics.json');
    await made(run, true);
    expect(readdirSync(run)).to.deep.equal([]);
    expect(await refusal(withFiles('pictures', 'cat.jpg'), true)).to.equal(
      "Expected a run's directory for --overwrite, but found other files in RUN. Choose another --out.",
    );
    await made(join(parent, 'new'), true);
  });

  it('leaves what is there until it is made', async () => {
    const run = withFiles('run', 'recipe.json', 'metrics.json');
    await RunDirectory.plan(run, true);
    expect(readdirSync(run)).to.deep.equal(['metrics.json', 'recipe.json']);
  });

  it('is opened again by the recipe it was begun with', async () => {
    const {path} = await begunRun();
    expect((await RunDirectory.open(path, RECIPE)).path).to.equal(path);
    expect((await RunDirectory.open(path, {...RECIPE, cacheMemory: 2})).path).to.equal(path);
  });

  const others: readonly (readonly [key: string, recipe: Recipe])[] = [
    ['seed', {...RECIPE, seed: 7}],
    ['imageSize', {...RECIPE, imageSize: 64}],
    ['freeze', {...RECIPE, freeze: [{...RECIPE.freeze[0]!, epochs: 9}]}],
  ];
  for (const [key, recipe] of others) {
    it(`is not opened by a recipe of another ${key}`, async () => {
      const {path} = await begunRun();
      const error = await rejectionOf(RunDirectory.open(path, recipe));
      expect(error).to.include({code: 'USAGE', exitCode: 2});
      expect(error.message).to.equal(
        `Expected the recipe that the run in ${path} was begun with for --resume, but found another ${key}. ` +
          'Give the same recipe, or start another run.',
      );
    });
  }

  it('is not opened where there is no run', async () => {
    for (const path of [withFiles('other', 'split.json'), join(parent, 'nowhere')]) {
      expect((await rejectionOf(RunDirectory.open(path, RECIPE))).message).to.equal(
        `Expected an interrupted run for --resume, but found no recipe.json in ${path}. Give the directory of a run.`,
      );
    }
  });

  it('holds whole files only', async () => {
    const directory = await made(join(parent, 'run'), false);
    await directory.writeJson('recipe', {arch: 'resnet18'});
    await directory.writeJson('recipe', {arch: 'resnet50'});
    expect(readdirSync(directory.path)).to.deep.equal(['recipe.json']);
    expect(readFileSync(directory.file('recipe'), 'utf8')).to.equal('{\n  "arch": "resnet50"\n}\n');
    expect([await directory.readJson('recipe'), await directory.readJson('split')]).to.deep.equal([{arch: 'resnet50'}, undefined]);
  });

  it('is named after the images and the network, and numbered when taken', () => {
    const fresh = (): string => freshRunDirectory(join('somewhere', 'pets', ''), 'resnet50', parent);
    expect(fresh()).to.equal(join(parent, 'pets-resnet50'));
    mkdirSync(fresh());
    expect(fresh()).to.equal(join(parent, 'pets-resnet50-2'));
    mkdirSync(fresh());
    expect(fresh()).to.equal(join(parent, 'pets-resnet50-3'));
    expect(existsSync(fresh())).to.equal(false);
  });
});
