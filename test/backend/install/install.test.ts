import {spawnSync} from 'node:child_process';
import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {cacheDirectory} from '../../../src/core/files/cache-directory.js';
import {listInstalledBackends} from '../../../src/backend/install/backend-directory.js';
import {installBackend} from '../../../src/backend/install/install.js';
import type {InstallProgress} from '../../../src/backend/install/install-progress.js';
import {useBackend} from '../../helpers/backend.js';
import {freshCache} from '../../helpers/fresh-cache.js';
import {inChild, SRC, startChild} from '../../helpers/in-child.js';
import {programs} from '../../helpers/programs.js';
import {rejectionOf} from '../../helpers/rejection.js';
import {temporaryDirectory} from '../../helpers/temporary.js';
import {tensorFlowFiles, writeTree, writeWheel} from '../../helpers/wheels.js';

/** A stand-in for a compiler, as a PATH and as CXX: answers `--version`, and else does `body` with `$out` set. */
function compiler(body: string): NodeJS.ProcessEnv {
  const script = `[ "$1" = --version ] && exit 0
for out in "$@"; do :; done
${body}`;
  const PATH = programs({'fake-c++': script});
  return {PATH, CXX: join(PATH, 'fake-c++')};
}

const backendsIn = (cache: string): string[] =>
  readdirSync(join(cache, 'engines')).filter(name => !name.startsWith('tfjs-node-gpu-'));

describe('installing a backend', function () {
  this.timeout(120_000);

  it('needs a compiler, and says so before anything is downloaded', async () => {
    const environment = {PATH: temporaryDirectory()};
    const cache = temporaryDirectory();
    const error = await rejectionOf(installBackend({cache, environment}));
    expect(error.message).to.equal(
      "There is no C++ compiler for TensorFlow's addon (tried g++, c++, clang++). Install g++ and run finetune backend install.",
    );
    expect(error.exitCode).to.equal(4);
    const chosen = await rejectionOf(
      installBackend({cache, environment: {...environment, CXX: 'ccache my-c++'}}),
    );
    expect(chosen.message).to.include(
      "There is no C++ compiler for TensorFlow's addon (tried ccache my-c++)",
    );
    expect(backendsIn(cache)).to.deep.equal([]);
  });

  it('needs pip where no wheel is given', async () => {
    const cache = await freshCache();
    const error = await rejectionOf(installBackend({cache, environment: compiler('exit 0')}));
    expect(error.message).to.match(/^There is no pip to download TensorFlow with /);
    expect(backendsIn(cache)).to.deep.equal([]);
  });

  it('says what it takes before the first download', async () => {
    const cache = await freshCache();
    const {PATH, CXX} = compiler('exit 0');
    const pip = programs({pip: '[ "$1" = --version ] && exit 0; echo "ERROR: none"; exit 1'});
    const events: InstallProgress[] = [];
    const error = await rejectionOf(
      installBackend({
        ...{cache, gpu: false, environment: {PATH: `${pip}${delimiter}${PATH}`, CXX}},
        onProgress: event => events.push(event),
      }),
    );
    expect(error.message).to.match(/^pip cannot download tensorflow\S*==2\.21\.0: ERROR: none\. /);
    expect(events.map(({step}) => step)).to.deep.equal(['plan', 'download']);
    expect(events[0]!.label).to.match(
      /^TensorFlow 2\.21\.0 is installed once: 2\d\d\.\d MB to download, \d{3}\.\d MB on disk in /,
    );
    expect(events[0]!.label).to.include(cache);
  });

  it('leaves nothing of a wrong wheel', async () => {
    const cache = await freshCache();
    const from = writeWheel('numpy-2.0.0.whl', {'numpy/__init__.py': Buffer.from('')});
    const error = await rejectionOf(installBackend({from, cache, environment: compiler('exit 0')}));
    expect(error.message).to.equal(
      `${from} is not a TensorFlow wheel for Linux: there is no tensorflow/libtensorflow_cc.so.2 in it. Give another file.`,
    );
    expect(backendsIn(cache)).to.deep.equal([]);
  });

  it("passes the compiler's complaint on", async () => {
    const cache = await freshCache();
    const environment = compiler(
      'echo "In file included from x.cc:"; echo "x.cc:1:10: fatal error: c_api.h: No such file"; exit 1',
    );
    const error = await rejectionOf(
      installBackend({from: writeTree(tensorFlowFiles()), cache, environment}),
    );
    expect(error.message).to.equal(
      `${environment.CXX} cannot compile TensorFlow's addon: x.cc:1:10: fatal error: c_api.h: No such file.`,
    );
    expect(backendsIn(cache)).to.deep.equal([]);
  });

  it('puts nothing into place that fails its test', async () => {
    const cache = await freshCache();
    const from = writeTree(tensorFlowFiles());
    const error = await rejectionOf(
      installBackend({from, cache, environment: compiler('echo garbage > $out')}),
    );
    expect(error.message).to.match(
      /^The new TensorFlow fails its self-test: Error: .*tfjs_binding\.node: file too short\.$/,
    );
    expect(backendsIn(cache)).to.deep.equal([]);
  });

  it('names the folder and the remedy where the disk is full, however the system reports it', async () => {
    for (const words of [
      'ld: final link failed: No space left on device',
      'error: ENOSPC: no space left',
      'fatal: Disk quota exceeded',
    ]) {
      const cache = await freshCache();
      const environment = compiler(`echo "${words}"; exit 1`);
      const error = await rejectionOf(
        installBackend({from: writeTree(tensorFlowFiles()), cache, environment}),
      );
      expect(error).to.include({code: 'BACKEND_UNAVAILABLE', exitCode: 4});
      expect(error.message).to.match(
        /^There is no room left for TensorFlow in \S+: .* Make room, or set FINETUNE_CACHE to a folder on a larger disk\.$/,
      );
      expect(error.message).to.include(cache);
      expect(backendsIn(cache)).to.deep.equal([]);
    }
  });

  it('names the folder and the remedy where it cannot be made, and does not try for ever', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    for (const cache of [
      file,
      join(file, 'below'),
      ...(process.platform === 'linux' ? ['/proc/nothing'] : []),
    ]) {
      const error = await rejectionOf(installBackend({cache, environment: compiler('exit 0')}));
      expect(error).to.include({code: 'BACKEND_UNAVAILABLE', exitCode: 4});
      expect(error.message).to.match(
        /^TensorFlow cannot be installed in \S+: E\w+: .*\. Set FINETUNE_CACHE to a folder that can be written to\.$/,
      );
    }
  });

  it('needs a disk that programs may be run from', async function () {
    const cache = temporaryDirectory();
    const mounted =
      process.platform === 'linux' &&
      spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,noexec', 'tmpfs', cache]).status === 0;
    if (!mounted) this.skip();
    try {
      const backend = listInstalledBackends(cacheDirectory())[0]!;
      const environment = compiler(`exec /bin/cp ${backend.directory}/\${out##*/} "$out"`);
      const error = await rejectionOf(
        installBackend({from: writeTree(tensorFlowFiles()), cache, environment}),
      );
      expect(error.message).to.match(
        /self-test: a disk from which no programs may be run \(noexec\)\. Set FINETUNE_CACHE to a folder on another\.$/,
      );
    } finally {
      spawnSync('umount', [cache]);
    }
  });

  it('can be stopped', async () => {
    const cache = await freshCache();
    const stop = new AbortController();
    const environment = compiler('exec /bin/sleep 60');
    const onProgress = ({step}: InstallProgress) =>
      step === 'compile' && setTimeout(() => stop.abort(), 50);
    const error = await rejectionOf(
      installBackend({
        from: writeTree(tensorFlowFiles()),
        cache,
        environment,
        onProgress,
        signal: stop.signal,
      }),
    );
    expect(error.code).to.equal('ABORTED');
    expect(backendsIn(cache)).to.deep.equal([]);
  });
});

describe('a backend in the making', function () {
  this.timeout(120_000);
  useBackend();

  let cache: string;
  let from: string;
  let environment: NodeJS.ProcessEnv;
  let calls: string;

  before('let the installed backend stand in for what a compiler makes', async () => {
    cache = await freshCache();
    from = listInstalledBackends(cacheDirectory())[0]!.directory;
    calls = join(temporaryDirectory(), 'calls');
    environment = compiler(
      `echo "$out" >> ${calls}; /bin/sleep 1; exec /bin/cp ${from}/\${out##*/} "$out"`,
    );
  });

  const install = () =>
    startChild(
      `import {installBackend} from '${SRC}/backend/install/install.js';
const steps = [];
const {directory} = await installBackend({from: ${JSON.stringify(from)}, cache: ${JSON.stringify(cache)}, onProgress: ({step}) => steps.push(step)});
console.log(JSON.stringify({directory, steps: [...new Set(steps)]}));`,
      environment,
    );

  it('is no backend when its process is killed', async () => {
    const {child, ended} = install();
    while (child.exitCode === null && (!existsSync(calls) || readFileSync(calls, 'utf8') === ''))
      await sleep(20);
    process.kill(-child.pid!, 'SIGKILL');
    expect((await ended).signal).to.equal('SIGKILL');
    expect(listInstalledBackends(cache)).to.deep.equal([]);
    expect(backendsIn(cache)).to.have.length(2).and.to.include('.lock');
  });

  it('is made once where two processes want it, after what was left is cleared away', async () => {
    const attempts = [install(), install()];
    const results = await Promise.all(attempts.map(({ended}) => ended));
    const [one, other] = results.map(({stdout, stderr}) => {
      expect(stderr).to.equal('');
      return JSON.parse(stdout) as {directory: string; steps: string[]};
    });
    expect(other!.directory).to.equal(one!.directory);
    expect([one!.steps, other!.steps]).to.have.deep.members([
      ['unpack', 'compile', 'test'],
      ['wait'],
    ]);
    expect(readFileSync(calls, 'utf8').match(/tfjs_binding\.node/g)).to.have.length(2);
    expect(backendsIn(cache)).to.deep.equal([one!.directory.slice(join(cache, 'engines/').length)]);
  });

  it('works where it was moved to, and says where it came from', async () => {
    const script = `import {startBackend} from '${SRC}/backend/runtime/runtime.js';
import {tf} from '${SRC}/backend/tensorflow.js';
const info = await startBackend({backend: 'tensorflow', device: 'cpu', offline: true});
console.log(JSON.stringify({...info, sum: tf.sum([1, 2, 3]).dataSync()[0]}));`;
    const {stdout} = await inChild(script, {FINETUNE_CACHE: cache});
    expect(JSON.parse(stdout)).to.include({
      backend: 'tensorflow',
      from,
      directory: listInstalledBackends(cache)[0]!.directory,
      sum: 6,
    });
  });

  it('is found again, by its source', async () => {
    const steps: string[] = [];
    const backend = await installBackend({
      from,
      cache,
      environment,
      onProgress: ({step}) => steps.push(step),
    });
    expect(backend.directory).to.equal(listInstalledBackends(cache)[0]!.directory);
    expect(steps).to.deep.equal([]);
  });
});
