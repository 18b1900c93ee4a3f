import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import {moduleGraph} from '../../scripts/module-graph.js';
import {temporaryDirectory} from '../helpers/temporary.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

const FILES: Readonly<Record<string, string>> = {
  'a/entry.js': `/**
 * import {x} from './documented.js';
 */
import {b} from './b.js';
import './c.js';
export {d} from '../d.js';
// import {y} from './commented.js';
export const later = () => import('./e.js');
new Worker(new URL('./thread.js', import.meta.url));
readFileSync(new URL('../data.json', import.meta.url));`,
  'a/b.js': `import {readFileSync} from 'node:fs';
import fs from 'sharp';
import {
  many,
} from '@scope/name/deep/file.js';
import './entry.js';`,
  'a/c.js': `const {Ajv} = createRequire(import.meta.url)('ajv');`,
  'a/e.js': `const require = createRequire(import.meta.url); require('glob'); require.resolve('tar');`,
  'a/thread.js': `import limits from './limits.cjs';`,
  'a/limits.cjs': `const fs = require('node:fs'); const other = require('./other.cjs');`,
  'a/other.cjs': '',
  'd.js': '',
  'data.json': '{"from": "./nothing.js"}',
  'unused.js': '',
};

describe('the module graph', () => {
  it('follows imports, requires, threads and files, and no comment', () => {
    const root = temporaryDirectory();
    for (const [name, text] of Object.entries(FILES)) {
      mkdirSync(join(root, dirname(name)), {recursive: true});
      writeFileSync(join(root, name), text);
    }
    const {files, packages} = moduleGraph(root, 'a/entry.js');
    expect(files).to.deep.equal(
      Object.keys(FILES)
        .filter(name => name !== 'unused.js')
        .sort(),
    );
    expect(Object.fromEntries(packages)).to.deep.equal({
      sharp: ['a/b.js'],
      '@scope/name': ['a/b.js'],
      ajv: ['a/c.js'],
      glob: ['a/e.js'],
      tar: ['a/e.js'],
    });
  });

  it('follows declarations to declarations', () => {
    const root = temporaryDirectory();
    writeFileSync(
      join(root, 'a.d.ts'),
      `import type {B} from './b.js';\nexport type C = import("./c.cjs").C;`,
    );
    writeFileSync(join(root, 'b.d.ts'), `export type {Sharp} from 'sharp';`);
    writeFileSync(join(root, 'c.d.cts'), '');
    const {files, packages} = moduleGraph(root, 'a.d.ts');
    expect(files).to.deep.equal(['a.d.ts', 'b.d.ts', 'c.d.cts']);
    expect([...packages.keys()]).to.deep.equal(['sharp']);
  });

  it('of the declarations of finetune/inference reaches no other package', () => {
    const {packages} = moduleGraph(ROOT, 'dist/src/inference/index.d.ts');
    expect([...packages.keys()].sort()).to.deep.equal(['#tfjs']);
  });

  it('of finetune/inference reaches no package that only training needs', () => {
    const {files, packages} = moduleGraph(ROOT, 'dist/src/inference/index.js');
    expect([...packages.keys()].sort()).to.deep.equal([
      '#tfjs',
      '#tfjs-wasm',
      // These two are loaded from where an installed TensorFlow is.
      '@mapbox/node-pre-gyp',
      '@tensorflow/tfjs',
      'ajv',
      'libheif-js',
      'node-api-headers',
      'sharp',
      'yauzl',
    ]);
    for (const name of ['@mapbox/node-pre-gyp', '@tensorflow/tfjs'])
      expect(packages.get(name)).to.deep.equal(['dist/src/backend/runtime/load-tensorflow.js']);
    expect(files.filter(path => /src\/(finetune|report|cli)\//.test(path))).to.deep.equal([]);
    // Threads, programs and data are reached, too.
    expect(files).to.include.members([
      'dist/src/datasets/formats/heif-thread.js',
      'dist/src/backend/install/self-test-process.js',
      'native/guard.cc',
      'native/tfjs-node-gpu.lock.json',
    ]);
  });
});
