import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {
  addonPath,
  backendsDirectory,
  guardPath,
  listInstalledBackends,
  librariesDirectory,
  type InstalledBackend,
} from '../../../src/backend/install/backend-directory.js';
import {installBackend} from '../../../src/backend/install/install.js';
import {damage, backendCopy, flipByte} from '../../helpers/backend-copy.js';
import {useBackend} from '../../helpers/backend.js';
import {inChild, SRC, type ChildResult} from '../../helpers/in-child.js';
import {programs} from '../../helpers/programs.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

describe('a damaged backend', function () {
  this.timeout(60_000);
  useBackend();

  let cache: string;
  let backend: InstalledBackend;

  beforeEach(async () => {
    ({cache, backend} = await backendCopy());
  });

  /** Starts TensorFlow in a process of its own, computes, then does `end`. */
  const start = (options: object, end = ''): Promise<ChildResult> =>
    inChild(
      `import {startBackend} from '${SRC}/backend/runtime/runtime.js';
import {tf} from '${SRC}/backend/tensorflow.js';
const events = [];
try {
  await startBackend({backend: 'tensorflow', device: 'cpu', install: true, ...${JSON.stringify(options)}, onEvent: event => events.push(event.reason)});
  console.log(JSON.stringify({sum: tf.sum([1, 2, 3]).dataSync()[0]}));
} catch ({code, exitCode, message}) {
  console.log(JSON.stringify({code, exitCode, message, events}));
}
${end}`,
      {FINETUNE_CACHE: cache, PATH: temporaryDirectory(), CXX: ''},
    );
  const reported = async (options: object = {offline: true}): Promise<Record<string, unknown>> =>
    JSON.parse((await start(options)).stdout) as Record<string, unknown>;
  const library = (): string =>
    join(librariesDirectory(backend.directory), 'libtensorflow_framework.so.2');

  it('is not taken for one that is whole', async () => {
    expect(await reported()).to.deep.equal({sum: 6});
  });

  const DAMAGES: readonly (readonly [
    what: string,
    file: () => string,
    change: (bytes: Buffer) => Buffer,
    found: RegExp,
  ])[] = [
    [
      'a library was cut off',
      library,
      bytes => bytes.subarray(0, 1000),
      /so\.2 has 1000 bytes instead of \d+/,
    ],
    ['a library was emptied', library, () => Buffer.alloc(0), /so\.2 has 0 bytes instead of \d+/],
    ['a bit of a library was flipped', library, flipByte, /so\.2 does not hold what was installed/],
    [
      'the addon is another',
      () => addonPath(backend.directory),
      flipByte,
      /tfjs_binding\.node does not hold what was installed/,
    ],
    [
      'the guard has grown',
      () => guardPath(backend.directory),
      bytes => Buffer.concat([bytes, bytes]),
      /guard\.node has \d+ bytes/,
    ],
  ];
  for (const [what, file, change, found] of DAMAGES) {
    it(`is named with the remedy before it is loaded: ${what}`, async () => {
      damage(file(), change);
      const {message, ...rest} = await reported();
      expect(rest).to.deep.equal({code: 'BACKEND_UNAVAILABLE', exitCode: 4, events: []});
      expect(message).to.match(found);
      expect(message).to.match(
        /^TensorFlow in .* is damaged: .*\. Install it again: finetune backend install\.$/,
      );
    });
  }

  it('is found where a file is gone, or is no file any more', async () => {
    rmSync(library());
    expect((await reported()).message).to.match(
      /libtensorflow_framework\.so\.2 is not there\. Install it again/,
    );
    mkdirSync(library());
    expect((await reported()).message).to.match(
      /libtensorflow_framework\.so\.2 is not there\. Install it again/,
    );
  });

  it('is found after a process that did not come to its end, though times and sizes are as they were', async () => {
    damage(
      join(librariesDirectory(backend.directory), 'include/tensorflow/c/c_api.h'),
      flipByte,
      true,
    );
    expect(await reported()).to.deep.equal({sum: 6});
    expect((await start({offline: true}, "process.kill(process.pid, 'SIGKILL')")).signal).to.equal(
      'SIGKILL',
    );
    expect((await reported()).message).to.match(/c_api\.h does not hold what was installed/);
    expect(readdirSync(join(backend.directory, 'running'))).to.deep.equal([]);
  });

  it('is installed again, where it came from pip and a connection may be used', async () => {
    damage(addonPath(backend.directory), flipByte);
    const {events, message} = await reported({});
    expect(events).to.deep.equal([
      `TensorFlow in ${backend.directory} is damaged: tfjs_binding.node does not hold what was installed. It is installed again.`,
    ]);
    expect(message).to.match(/^There is no C\+\+ compiler/);
  });

  it('is made again by an installation, which else returns the one that is there', async () => {
    const from = backend.directory;
    const other = await backendCopy();
    const out = programs({
      'fake-c++': `[ "$1" = --version ] && exit 0\nfor out in "$@"; do :; done\nexec /bin/cp ${from}/\${out##*/} "$out"`,
    });
    const install = () =>
      installBackend({
        from,
        cache: other.cache,
        environment: {PATH: out, CXX: join(out, 'fake-c++')},
      });
    const made = await install();
    expect(made.directory).to.not.equal(other.backend.directory);
    const {ino} = statSync(addonPath(made.directory));
    expect((await install()).directory).to.equal(made.directory);
    expect(statSync(addonPath(made.directory)).ino).to.equal(ino);
    damage(
      join(librariesDirectory(made.directory), 'include/tensorflow/c/c_api.h'),
      flipByte,
      true,
    );
    const again = await install();
    expect(again.files)
      .to.have.deep.property('guard.node')
      .that.includes({sha256: made.files['guard.node']!.sha256});
    const header = (directory: string): Buffer =>
      readFileSync(join(librariesDirectory(directory), 'include/tensorflow/c/c_api.h'));
    expect(header(again.directory)).to.deep.equal(header(from));
  });

  it('is not a backend that was copied: that is read once, and its times are written down', async () => {
    utimesSync(addonPath(backend.directory), new Date(), new Date());
    expect(await reported()).to.deep.equal({sum: 6});
    const {mtimeMs} = statSync(addonPath(backend.directory));
    expect(listInstalledBackends(cache)[0]!.files['tfjs_binding.node']!.changed).to.equal(
      Math.round(mtimeMs),
    );
  });

  it('is not loaded where others could have written to it', async function () {
    if (process.platform === 'win32') this.skip();
    const places = [
      cache,
      backendsDirectory(cache),
      backend.directory,
      join(backend.directory, 'engine.json'),
      addonPath(backend.directory),
    ];
    for (const path of [...places, librariesDirectory(backend.directory)]) {
      const {mode} = statSync(path);
      chmodSync(path, 0o777);
      const {message, ...rest} = await reported({});
      expect(rest).to.deep.equal({code: 'CACHE_UNTRUSTED', exitCode: 2, events: []});
      expect(message).to.match(
        /may be written to by others \(mode 777\), .*chmod -R go-w .*, or set FINETUNE_CACHE/,
      );
      chmodSync(path, mode);
    }
    expect(await reported()).to.deep.equal({sum: 6});
  });

  it('is none where its record is missing, cut off or of another kind', async () => {
    const path = join(backend.directory, 'engine.json');
    const text = readFileSync(path, 'utf8');
    const {files: _, ...unhashed} = JSON.parse(text) as Record<string, unknown>;
    const others = [
      '',
      '{',
      'null',
      '[]',
      '{}',
      '"text"',
      text.slice(0, 200),
      JSON.stringify(unhashed),
      '['.repeat(1e6),
    ];
    const noHash = JSON.stringify({
      ...unhashed,
      files: {'tfjs_binding.node': {}, 'guard.node': {bytes: 1, changed: 1}},
    });
    for (const record of [...others, noHash, '\0'.repeat(text.length)]) {
      writeFileSync(path, record);
      expect(listInstalledBackends(cache), record.slice(0, 60)).to.deep.equal([]);
    }
    rmSync(path);
    mkdirSync(path);
    expect(listInstalledBackends(cache)).to.deep.equal([]);
    expect((await reported()).message).to.match(
      /^TensorFlow is not installed in .*, and --offline forbids its download\. /,
    );
  });
});
