import {execFile} from 'node:child_process';
import {existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {promisify} from 'node:util';
import {expect} from 'chai';
import {drawImages, SMALL_RUN} from './helpers/program.js';
import {programs} from './helpers/programs.js';
import {temporaryDirectory} from './helpers/temporary.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What `npm pack --json` says of a tarball, as far as it is read: in a list until npm 11, by name since. */
interface Packed {
  readonly filename: string;
  /** Bytes, compressed. */
  readonly size: number;
  readonly files: readonly {readonly path: string}[];
}

const MEANT =
  /^(dist\/src\/.+\.(c?js|d\.c?ts)|dist\/web\/(page|inference)\.js|native\/.+\.(cc|h|lock\.json)|pretrained\/.+\.(json|safetensors)|templates\/.+|package\.json|(README|CHANGELOG)\.md|LICENSE)$/;

const filesBelow = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), {recursive: true, withFileTypes: true, encoding: 'utf8'})
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(ROOT.length));

/** Runs every script of packages but the one of tfjs-node-gpu, which then fails as where its download is blocked. */
const failingShell = (): string =>
  join(
    programs({shell: 'case "$2" in *scripts/install.js*) exit 1;; esac\nexec /bin/sh "$@"'}),
    'shell',
  );

const USE = `import {finetune, loadModel, loadImageFolder, resolveRecipe, type Metrics, type RunEvent} from 'finetune';
import {listPretrained} from 'finetune/backbones';
import {resolveAugmentation} from 'finetune/datasets';
import {createOptimizer} from 'finetune/training';
export const parts = [listPretrained, resolveAugmentation, createOptimizer];
const pets = await loadImageFolder('./pets');
const {metrics, model} = await finetune(pets, resolveRecipe({arch: 'resnet50'}, pets), {onEvent: (event: RunEvent) => event.type});
export const validation: Metrics = metrics.validation;
export const best: string | undefined = (await (await loadModel(model ?? '')).classify('./new.jpg', {top: 1}))[0]?.className;
`;

describe('the package', function () {
  this.timeout(300_000);
  const project = join(temporaryDirectory(), 'elsewhere');
  let packed: Packed;

  before('pack it, and install it where the script of tfjs-node-gpu fails', async () => {
    mkdirSync(project);
    const packing = ['pack', '--ignore-scripts', '--json', '--pack-destination', project];
    packed = Object.values(
      JSON.parse((await run('npm', packing, {cwd: ROOT})).stdout) as Record<string, Packed>,
    )[0]!;
    writeFileSync(join(project, 'package.json'), '{"private": true, "type": "module"}');
    const quick = ['--no-audit', '--no-fund', '--prefer-offline', '--prefix', project];
    await run(
      'npm',
      ['install', ...quick, `--script-shell=${failingShell()}`, join(project, packed.filename)],
      {cwd: project},
    );
  });

  it('holds what a user needs, and nothing else', () => {
    const paths = packed.files.map(({path}) => path);
    const compiled = filesBelow('src').flatMap(path =>
      ['.$1js', '.d.$1ts'].map(ending => `dist/${path.replace(/\.(c?)ts$/, ending)}`),
    );
    expect(paths.filter(path => !MEANT.test(path))).to.deep.equal([]);
    expect(paths).to.include.members([
      ...compiled,
      ...['native', 'pretrained', 'templates', 'dist/web'].flatMap(filesBelow),
    ]);
    // The embedded weights are most of it: 22.4 MB of numbers that do not compress.
    expect(packed.size).to.be.within(15e6, 25e6);
  });

  it('has no script that npm would run where it is installed, or warn of', () => {
    const {scripts} = JSON.parse(
      readFileSync(join(project, 'node_modules/finetune/package.json'), 'utf8'),
    ) as {scripts: object};
    expect(scripts).not.to.have.any.keys('preinstall', 'install', 'postinstall', 'prepare');
    expect(scripts).to.include.keys('prepack', 'prepublish');
  });

  it('can be started where it is built: npx makes it executable only the first time it sees the place', () => {
    expect(statSync(join(ROOT, 'dist/src/cli/main.cjs')).mode & 0o111).to.equal(0o111);
  });

  it('trains by its command, on a backend that needs no script', async () => {
    const images = await drawImages(project);
    const command = join(project, 'node_modules', '.bin', 'finetune');
    const {stdout} = await run(command, ['--data', images, ...SMALL_RUN, '--json'], {
      cwd: project,
    });
    const {model, metrics} = JSON.parse(stdout) as {
      model: string;
      metrics: {validation: {numImages: number}};
    };
    expect(metrics.validation.numImages).to.be.above(3);
    expect(readdirSync(join(project, model))).to.include.members([
      'model.json',
      'metadata.json',
      'labels.txt',
      'README.md',
      'web',
    ]);
    expect(existsSync(join(project, 'runs'))).to.equal(true);
  });

  // Declarations of tfjs itself have errors, with either.
  for (const [resolution, kind] of [
    ['nodenext', 'nodenext'],
    ['bundler', 'esnext'],
  ] as const) {
    it(`brings declarations without an error of their own (moduleResolution ${resolution})`, async () => {
      writeFileSync(join(project, 'use.ts'), USE);
      const flags = [
        '--strict',
        '--exactOptionalPropertyTypes',
        '--noEmit',
        '--target',
        'es2023',
        '--lib',
        'es2023,dom',
        '--types',
        'node',
      ];
      const tsc = [
        join(ROOT, 'node_modules/typescript/bin/tsc'),
        ...flags,
        '--module',
        kind,
        '--moduleResolution',
        resolution,
        'use.ts',
      ];
      const said = await run(process.execPath, tsc, {cwd: project}).catch(
        (error: {stdout: string}) => error,
      );
      const ours = said.stdout
        .split('\n')
        .filter(line => /^(use\.ts|node_modules\/finetune\/)/.test(line));
      expect(ours).to.deep.equal([]);
    });
  }
});
