import {execFileSync} from 'node:child_process';
import {copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import {drawDemoSet} from '../src/datasets/demo-set.js';
import {temporaryDirectory} from './helpers/temporary.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** The content of the first fenced block of a language. */
const block = (language: string): string => new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(README)![1]!;

const help = (...words: string[]): string =>
  execFileSync(process.execPath, [join(ROOT, 'dist/src/cli/main.cjs'), ...words, '--help'], {
    encoding: 'utf8',
    env: {...process.env, NO_COLOR: '1'},
  });

describe('the README', () => {
  it('opens with the demo and the tests', () => {
    expect(block('sh').trim().split('\n')).to.deep.equal(['npm ci && npx finetune demo', 'npm ci && npm test']);
  });

  it('speaks only of flags and commands that exist', () => {
    const commands = [...new Set([...README.matchAll(/^finetune ([a-z]+)/gm)].map(match => match[1]!))];
    const known = [help(), ...commands.map(command => help(command))].join('\n');
    const flags = [...new Set([...README.matchAll(/(?<=[\s`(])--[a-z][a-z-]+/g)].map(([flag]) => flag))];
    expect(commands.length).to.be.above(4);
    expect(flags.filter(flag => !known.includes(flag) && !README.includes(`apt ${flag}`))).to.deep.equal([]);
  });

  it('shows a library example that compiles, strictly', async function () {
    this.timeout(60_000);
    // A package may import itself by its name, but only from inside.
    const inside = join(ROOT, 'dist', `readme-types-${process.pid}`);
    mkdirSync(inside);
    writeFileSync(join(inside, 'example.mts'), block('js'));
    const flags = [
      '--strict',
      '--noUncheckedIndexedAccess',
      '--exactOptionalPropertyTypes',
      '--skipLibCheck',
      '--noEmit',
      '--ignoreConfig',
    ];
    const target = ['--target', 'es2023', '--lib', 'es2023,dom', '--types', 'node', '--module', 'nodenext'];
    try {
      execFileSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), ...flags, ...target, join(inside, 'example.mts')], {
        cwd: ROOT,
        encoding: 'utf8',
      });
    } catch (error) {
      expect.fail((error as {readonly stdout: string}).stdout);
    } finally {
      rmSync(inside, {recursive: true});
    }
  });

  it('shows a library example that runs', async function () {
    this.timeout(300_000);
    const here = temporaryDirectory();
    await drawDemoSet(join(here, 'pets'), {seed: 1, perClass: 6});
    const [folder] = readdirSync(join(here, 'pets'));
    const [picture] = readdirSync(join(here, 'pets', folder!));
    copyFileSync(join(here, 'pets', folder!, picture!), join(here, 'new-picture.jpg'));
    // The smallest recipe that is whole, and no download: what is tested is that the names and the order of things are right.
    const quick = `{arch: 'resnet18', weights: 'none', imageSize: 32, epochs: 1, valSplit: 0.5}`;
    const example = block('js').replace(/\{arch: 'resnet50'[^}]*\}/, quick);
    expect(example).to.include(quick);
    // A package may import itself by its name, but only from inside.
    const inside = join(ROOT, 'dist', `readme-example-${process.pid}`);
    mkdirSync(inside);
    writeFileSync(join(inside, 'example.mjs'), `${example}\nconsole.log(JSON.stringify({best, count: metrics.count}));\n`);
    try {
      const out = execFileSync(process.execPath, [join(inside, 'example.mjs')], {cwd: here, encoding: 'utf8'});
      const {best, count} = JSON.parse(out) as {best: {probability: number}; count: number};
      expect(best.probability).to.be.within(0.25, 1);
      expect(count).to.equal(24);
    } finally {
      rmSync(inside, {recursive: true});
    }
  });
});
