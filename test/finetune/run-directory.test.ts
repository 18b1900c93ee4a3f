import {expect} from 'chai';
import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {freshRunDirectory, RunDirectory} from '../../src/finetune/run-directory.js';
import {rejectionOf} from '../helpers/rejection.js';
import {temporaryDirectory} from '../helpers/temporary.js';

describe('a run directory', () => {
  let parent: string;
  beforeEach('choose a place', () => void (parent = temporaryDirectory()));

  const withFiles = (name: string, ...files: readonly string[]): string => {
    const path = join(parent, name);
    mkdirSync(path);
    for (const file of files) writeFileSync(join(path, file), 'x');
    return path;
  };
  const refusal = async (path: string, overwrite: boolean): Promise<string> => {
    const before = readdirSync(path);
    const error = await rejectionOf(RunDirectory.create(path, overwrite));
    expect(error).to.include({code: 'USAGE', exitCode: 2});
    expect(readdirSync(path)).to.deep.equal(before);
    return error.message.replaceAll(path, 'RUN');
  };

  it('is made with the folders above it', async () => {
    const {path} = await RunDirectory.create(join(parent, 'a', 'b'), false);
    expect(readdirSync(path)).to.deep.equal([]);
  });

  it('may be an empty one', async () => {
    await RunDirectory.create(withFiles('empty'), false);
  });

  it('is not one with files in it', async () => {
    expect(await refusal(withFiles('taken', 'recipe.json'), false)).to.equal(
      'Expected a new or empty directory for --out, but found files in RUN. Choose another, or add --overwrite.',
    );
  });

  it('replaces a run, and nothing but a run', async () => {
    const run = withFiles('run', 'recipe.json', 'metrics.json');
    await RunDirectory.create(run, true);
    expect(readdirSync(run)).to.deep.equal([]);
    expect(await refusal(withFiles('pictures', 'cat.jpg'), true)).to.equal(
      "Expected a run's directory for --overwrite, but found other files in RUN. Choose another --out.",
    );
    await RunDirectory.create(join(parent, 'new'), true);
  });

  it('is opened again where there is a recipe in it', () => {
    expect(RunDirectory.open(withFiles('run', 'recipe.json')).path).to.equal(join(parent, 'run'));
    expect(() => RunDirectory.open(withFiles('other', 'split.json'))).to.throw(
      `Expected an interrupted run for --resume, but found no recipe.json in ${join(parent, 'other')}. Give the directory of a run.`,
    );
    expect(() => RunDirectory.open(join(parent, 'nowhere'))).to.throw('Expected an interrupted run for --resume');
  });

  it('holds whole files only', async () => {
    const directory = await RunDirectory.create(join(parent, 'run'), false);
    await directory.writeJson('recipe', {arch: 'resnet18'});
    await directory.writeJson('recipe', {arch: 'resnet50'});
    expect(readdirSync(directory.path)).to.deep.equal(['recipe.json']);
    expect(readFileSync(directory.file('recipe'), 'utf8')).to.equal('{\n  "arch": "resnet50"\n}\n');
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
