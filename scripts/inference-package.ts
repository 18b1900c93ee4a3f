/** Makes the package `finetune-inference` in dist/inference-package: what `finetune/inference` reaches, with fewer dependencies. */
import {cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {moduleGraph} from './module-graph.js';

// From dist/scripts/ to the root of the checkout.
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const OUT = join(ROOT, 'dist/inference-package');

/** Packages that load-tensorflow.ts loads from where an installed backend is. */
const OF_THE_BACKEND = ['@mapbox/node-pre-gyp', '@tensorflow/tfjs'];

interface PackageJson {
  readonly version: string;
  readonly engines: object;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly imports: object;
}

const readJson = (path: string): PackageJson =>
  JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as PackageJson;

/** The Node build of a package of tfjs: one file that needs none of the others of the package, which are fifty times as large. */
const nodeBuild = (name: string): string =>
  createRequire(import.meta.url).resolve(`@tensorflow/${name}`);

/** Replaces the one require of another package by one of a file next to it. */
function linkToCore(text: string): string {
  const parts = text.split("require('@tensorflow/tfjs-core')");
  if (parts.length !== 2) throw new Error('tfjs-backend-wasm requires its core in another way.');
  return parts.join("require('./tfjs-core.cjs')");
}

function copyTfjs(): void {
  const vendor = join(OUT, 'vendor');
  mkdirSync(vendor);
  const wasm = nodeBuild('tfjs-backend-wasm');
  cpSync(nodeBuild('tfjs-core'), join(vendor, 'tfjs-core.cjs'));
  writeFileSync(join(vendor, 'tfjs-backend-wasm.cjs'), linkToCore(readFileSync(wasm, 'utf8')));
  // In Node, tfjs computes on one thread.
  const programs = readdirSync(dirname(wasm)).filter(name =>
    /^[^_]+(?<!threaded-simd)\.wasm$/.test(name),
  );
  for (const name of programs) cpSync(join(dirname(wasm), name), join(vendor, name));
  cpSync(join(ROOT, 'packages/inference/tfjs.d.cts'), join(vendor, 'tfjs.d.cts'));
}

const {files, packages} = moduleGraph(ROOT, 'dist/src/inference/index.js');
const declarations = moduleGraph(ROOT, 'dist/src/inference/index.d.ts');
const {version, engines, dependencies, imports} = readJson('package.json');
const needed = [...packages.keys()].filter(
  name => !OF_THE_BACKEND.includes(name) && !(name in imports),
);

rmSync(OUT, {recursive: true, force: true});
for (const path of [...files, ...declarations.files]) cpSync(join(ROOT, path), join(OUT, path));
copyTfjs();
for (const [from, to] of [
  ['LICENSE', 'LICENSE'],
  ['packages/inference/README.md', 'README.md'],
] as const)
  cpSync(join(ROOT, from), join(OUT, to));
writeFileSync(
  join(OUT, 'package.json'),
  `${JSON.stringify(
    {
      ...readJson('packages/inference/package.json'),
      version,
      engines,
      dependencies: Object.fromEntries(needed.sort().map(name => [name, dependencies[name]])),
    },
    null,
    2,
  )}\n`,
);
