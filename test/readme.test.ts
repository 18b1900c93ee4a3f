import {execFileSync} from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import {drawDemoSet} from '../src/datasets/demo/demo-set.js';
import {temporaryDirectory} from './helpers/temporary.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** The content of the first fenced block of a language. */
const block = (language: string): string =>
  new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(README)![1]!;

/** Words per sentence of prose, ascending: code, tables, images and headings are no sentences. */
const sentenceLengths = (markdown: string): number[] =>
  markdown
    .replace(/```[^]*?```/g, '\n\n')
    .replace(/^(?:\||#|<).*$/gm, '\n')
    .replace(/^- /gm, '\n')
    .replace(/\]\([^)]*\)/g, ']')
    .split(/\n\s*\n|(?<=[.:?!])\s+/)
    .map(sentence => sentence.split(/\s+/).filter(word => /[\p{L}\p{N}]/u.test(word)).length)
    .filter(words => words > 0)
    .sort((one, other) => one - other);

const help = (...words: string[]): string =>
  execFileSync(
    process.execPath,
    [join(ROOT, 'dist/src/cli/main.cjs'), ...words, '--help', '--all'],
    {
      encoding: 'utf8',
      env: {...process.env, NO_COLOR: '1'},
    },
  );

describe('the README', () => {
  it('opens with the demo and the tests', () => {
    expect(block('sh').trim().split('\n')).to.deep.equal([
      'npm ci && npx finetune demo',
      'npm ci && npm test',
    ]);
  });

  it('has at most 120 lines', () => {
    expect(README.trimEnd().split('\n').length).to.be.at.most(120);
  });

  it('has short sentences: a median of 14 words, nine of ten at most 25', () => {
    const lengths = sentenceLengths(README);
    expect(lengths.length).to.be.above(20);
    expect(lengths[Math.floor(lengths.length / 2)]).to.be.at.most(14);
    expect(lengths[Math.ceil(lengths.length * 0.9) - 1]).to.be.at.most(25);
  });

  it('links only to files that exist', () => {
    const links = [...README.matchAll(/(?:\]\(|src=")((?:docs|bench|[A-Z]+\.md)[^)"#]*)/g)];
    expect(links.length).to.be.above(10);
    expect(links.map(link => link[1]!).filter(path => !existsSync(join(ROOT, path)))).to.deep.equal(
      [],
    );
  });

  it('speaks only of flags and commands that exist', () => {
    const commands = [
      ...new Set([...README.matchAll(/^(?:\| `)?finetune ([a-z]+)/gm)].map(match => match[1]!)),
    ];
    const known = [help(), ...commands.map(command => help(command))].join('\n');
    const flags = [
      ...new Set([...README.matchAll(/(?<=[\s`(])--[a-z][a-z-]+/g)].map(([flag]) => flag)),
    ];
    expect(commands.length).to.be.above(4);
    expect(
      flags.filter(flag => !known.includes(flag) && !README.includes(`apt ${flag}`)),
    ).to.deep.equal([]);
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
    const target = [
      '--target',
      'es2023',
      '--lib',
      'es2023,dom',
      '--types',
      'node',
      '--module',
      'nodenext',
    ];
    try {
      execFileSync(
        process.execPath,
        [
          join(ROOT, 'node_modules/typescript/bin/tsc'),
          ...flags,
          ...target,
          join(inside, 'example.mts'),
        ],
        {
          cwd: ROOT,
          encoding: 'utf8',
        },
      );
    } catch (error) {
      expect.fail((error as {readonly stdout: string}).stdout);
    } finally {
      rmSync(inside, {recursive: true});
    }
  });

  it('shows a library example that runs', async function () {
    this.timeout(300_000);
    const here = temporaryDirectory();
    const classes = ['crab', 'fish', 'snail', 'starfish'];
    await drawDemoSet(join(here, 'pets'), {seed: 1, perClass: 6, classes});
    const [folder] = readdirSync(join(here, 'pets'));
    const [image] = readdirSync(join(here, 'pets', folder!));
    copyFileSync(join(here, 'pets', folder!, image!), join(here, 'new-image.jpg'));
    // The smallest recipe that is whole, and no download: what is tested is that the names and the order of things are right.
    const quick = `{arch: 'resnet18', weights: 'none', imageSize: 32, epochs: 1, valSplit: 0.5}`;
    const example = block('js').replace(/\{arch: 'resnet50'[^}]*\}/, quick);
    expect(example).to.include(quick);
    // A package may import itself by its name, but only from inside.
    const inside = join(ROOT, 'dist', `readme-example-${process.pid}`);
    mkdirSync(inside);
    writeFileSync(
      join(inside, 'example.mjs'),
      `${example}\nconsole.log(JSON.stringify({best, count: metrics.numImages}));\n`,
    );
    try {
      const out = execFileSync(process.execPath, [join(inside, 'example.mjs')], {
        cwd: here,
        encoding: 'utf8',
      });
      const {best, count} = JSON.parse(out) as {best: {probability: number}; count: number};
      expect(best.probability).to.be.within(0.25, 1);
      expect(count).to.equal(24);
    } finally {
      rmSync(inside, {recursive: true});
    }
  });
});
