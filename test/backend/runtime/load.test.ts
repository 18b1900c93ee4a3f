import {cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {cacheDirectory} from '../../../src/core/files/cache-directory.js';
import {checkAddonSources} from '../../../src/backend/install/addon-source.js';
import {
  addonPath,
  listInstalledBackends,
  librariesDirectory,
} from '../../../src/backend/install/backend-directory.js';
import {removeNoise} from '../../../src/backend/runtime/native-guard.js';
import {findTfjsPackage, installTfjsPackage} from '../../../src/backend/install/tfjs-package.js';
import {useBackend} from '../../helpers/backend.js';
import {inChild, SRC} from '../../helpers/in-child.js';
import {programs} from '../../helpers/programs.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const NAME = '@tensorflow/tfjs-node-gpu';

/** tfjs-node-gpu as npm leaves it when its install script succeeds, with `addon` for the one it downloads; other packages are ours. */
function packageWithStockAddon(addon: (folder: string) => void): string {
  const real = findTfjsPackage(cacheDirectory())!;
  const modules = join(temporaryDirectory(), 'node_modules');
  mkdirSync(join(modules, '@tensorflow'), {recursive: true});
  const theirs = join(real, '..', '..');
  const link = (name: string) => symlinkSync(join(theirs, name), join(modules, name));
  readdirSync(theirs)
    .filter(name => name !== '@tensorflow')
    .forEach(link);
  readdirSync(join(theirs, '@tensorflow'))
    .map(name => `@tensorflow/${name}`)
    .filter(name => name !== NAME)
    .forEach(link);
  const folder = join(modules, NAME);
  cpSync(join(real, 'dist'), join(folder, 'dist'), {recursive: true});
  cpSync(join(real, 'package.json'), join(folder, 'package.json'));
  const place = join(folder, 'lib', 'napi-v8');
  mkdirSync(place, {recursive: true});
  addon(place);
  return folder;
}

const loadStockAddon = (folder: string) =>
  inChild(`import {loadStockAddon} from '${SRC}/backend/runtime/load-tensorflow.js';
import {tf} from '${SRC}/backend/tensorflow.js';
const loaded = loadStockAddon(${JSON.stringify(folder)});
console.log(JSON.stringify({loaded, sum: loaded && tf.sum([1, 2, 3]).dataSync()[0], backend: loaded && tf.getBackend()}));`);

describe('the addon that tfjs-node-gpu brings', function () {
  this.timeout(30_000);
  useBackend();

  it('is used where it loads', async () => {
    const backend = listInstalledBackends(cacheDirectory())[0]!.directory;
    const folder = packageWithStockAddon(place => {
      cpSync(addonPath(backend), join(place, 'tfjs_binding.node'));
      symlinkSync(librariesDirectory(backend), join(place, 'tensorflow'));
    });
    expect(JSON.parse((await loadStockAddon(folder)).stdout)).to.deep.equal({
      loaded: true,
      sum: 6,
      backend: 'tensorflow',
    });
  });

  it('is passed over where it does not load, or is not there', async () => {
    const broken = packageWithStockAddon(place =>
      writeFileSync(join(place, 'tfjs_binding.node'), 'half a download'),
    );
    expect(JSON.parse((await loadStockAddon(broken)).stdout)).to.include({loaded: false});
    const absent = packageWithStockAddon(() => undefined);
    expect(JSON.parse((await loadStockAddon(absent)).stdout)).to.include({loaded: false});
  });
});

describe('what TensorFlow says while it is loaded', function () {
  this.timeout(30_000);
  useBackend();

  it('is passed on, but for what it always says', () => {
    const text = `WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
I0000 00:00:1 2 port.cc:153] oneDNN custom operations are on. You may see slightly different numerical results
E0000 00:00:1 2 cuda_platform.cc:52] failed call to cuInit
`;
    expect(removeNoise(text)).to.equal(
      'E0000 00:00:1 2 cuda_platform.cc:52] failed call to cuInit\n',
    );
  });

  const silenceStderr = (body: string) =>
    inChild(`import {writeSync} from 'node:fs';
import {silenceStderr} from '${SRC}/backend/runtime/native-guard.js';
silenceStderr(${JSON.stringify(listInstalledBackends(cacheDirectory())[0]!.directory)}, () => {${body}});
writeSync(2, 'afterwards ');`);

  it('is passed on when loading fails, and standard error is itself again', async () => {
    const {stderr, code} = await silenceStderr(
      `writeSync(2, 'no such symbol\\n'); throw new Error('not loaded');`,
    );
    expect(stderr).to.match(/^no such symbol\n[^]*Error: not loaded/);
    expect(code).to.equal(1);
    expect((await silenceStderr('')).stderr).to.equal('afterwards ');
  });

  it('is shown by a crash', async () => {
    const {stderr, signal} = await silenceStderr(
      `writeSync(2, 'F0000 this processor lacks AVX\\n'); process.abort();`,
    );
    expect(signal).to.equal('SIGABRT');
    expect(stderr).to.include('F0000 this processor lacks AVX\n');
  });
});

describe('the package tfjs-node-gpu', () => {
  it('is put into the cache by npm, without its install script, where npm has left it out', async () => {
    const npm = programs({
      npm: `while [ "$1" != --prefix ]; do [ "$1" = --ignore-scripts ] && unscripted=yes; shift; done
[ "$unscripted" = yes ] && [ -s "$2/package-lock.json" ] && /bin/mkdir -p "$2/node_modules/${NAME}" && cd "$2/node_modules/${NAME}" && echo x > a.js && echo x > a.js.map && echo x > site.map`,
    });
    const cache = temporaryDirectory();
    mkdirSync(join(cache, 'engines'));
    expect(await installTfjsPackage(cache, {PATH: npm})).to.equal(
      join(cache, 'engines', 'tfjs-node-gpu-4.22.0', 'node_modules', NAME),
    );
    expect(readdirSync(join(cache, 'engines'))).to.deep.equal(['tfjs-node-gpu-4.22.0']);
    const installed = join(cache, 'engines', 'tfjs-node-gpu-4.22.0', 'node_modules', NAME);
    expect(readdirSync(installed), 'without source maps').to.deep.equal(['a.js', 'site.map']);
  });

  it('is pinned with all that it needs, by hash', () => {
    const lock = JSON.parse(
      readFileSync(join(SRC, '../../native/tfjs-node-gpu.lock.json'), 'utf8'),
    ) as {
      packages: Record<string, {version: string; integrity: string}>;
    };
    const {'': root, ...packages} = lock.packages;
    expect(root).to.deep.equal({dependencies: {[NAME]: '4.22.0'}});
    expect(packages[`node_modules/${NAME}`]!.version).to.equal('4.22.0');
    for (const [name, {integrity}] of Object.entries(packages))
      expect(integrity, name).to.match(/^sha512-[\w+/]{86}==$/);
  });

  it("is missed with npm's own words", async () => {
    const npm = programs({
      npm: 'echo "npm warn x"; echo "npm error code E1"; echo "npm error network request to the registry failed"; exit 1',
    });
    const cache = temporaryDirectory();
    const error = await rejectionOf(installTfjsPackage(cache, {PATH: npm}));
    expect(error.message).to.equal(
      `npm cannot download ${NAME} 4.22.0: npm error network request to the registry failed. ` +
        "Check the connection, or add it to your project's dependencies.",
    );
    expect(readdirSync(join(cache, 'engines'))).to.deep.equal([]);
  });

  it('must hold the sources that were tried', () => {
    const real = findTfjsPackage(cacheDirectory())!;
    checkAddonSources(real);
    const changed = temporaryDirectory();
    cpSync(join(real, 'binding'), join(changed, 'binding'), {recursive: true});
    writeFileSync(join(changed, 'binding', 'utils.h'), '// another');
    expect(() => checkAddonSources(changed)).to.throw(
      `The binding sources in ${changed} are not those of ${NAME} 4.22.0. Install that version.`,
    );
  });
});
