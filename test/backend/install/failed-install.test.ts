import {existsSync, readdirSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {BackendError} from '../../../src/backend/backend-error.js';
import {
  assertMayWork,
  forgetFailedInstall,
  recordFailedInstall,
} from '../../../src/backend/install/failed-install.js';
import {backendsDirectory} from '../../../src/backend/install/backend-directory.js';
import {makePrivate} from '../../../src/core/files/cache-directory.js';
import {inChild, SRC} from '../../helpers/in-child.js';
import {programs} from '../../helpers/programs.js';
import {temporaryDirectory} from '../../helpers/temporary.js';

const cacheWithEngines = (): string => {
  const cache = temporaryDirectory();
  makePrivate(backendsDirectory(cache));
  return cache;
};

const failure = new BackendError(
  {step: 'test'},
  'The new TensorFlow fails its self-test: a matrix product is [0, 0, 0, 0] instead of [7, 10, 15, 22].',
);

describe('an installation that does not work here', () => {
  it('is not downloaded again unasked, and says why and what to do', async () => {
    const cache = cacheWithEngines();
    assertMayWork(cache, false);
    await recordFailedInstall(failure, cache, false);
    expect(() => assertMayWork(cache, false)).to.throw(
      BackendError,
      /^TensorFlow could not be installed here on \d{4}-\d\d-\d\d, so it is not downloaded again\. The new TensorFlow fails its self-test: .*\. Try again: finetune backend install\.$/,
    );
    assertMayWork(cache, true);
    await forgetFailedInstall(cache, false);
    assertMayWork(cache, false);
  });

  it('is told from what may be gone the next time', async () => {
    const cache = cacheWithEngines();
    for (const error of [
      new BackendError({step: 'download'}, 'pip cannot download it.'),
      new BackendError({step: 'unpack'}, 'no wheel.'),
      new BackendError({step: 'compile'}, 'ld: final link failed: No space left on device.'),
      new Error('something else'),
    ])
      await recordFailedInstall(error, cache, false);
    assertMayWork(cache, false);
    expect(readdirSync(backendsDirectory(cache))).to.deep.equal([]);
  });

  it('falls back to WebAssembly, loudly and without pip', async function () {
    this.timeout(60_000);
    const cache = cacheWithEngines();
    await recordFailedInstall(failure, cache, false);
    const called = join(temporaryDirectory(), 'called');
    const PATH = programs({pip: `echo x > ${called}`, python3: `echo x > ${called}`});
    const script = `import {startBackend} from '${SRC}/backend/runtime/runtime.js';
const events = [];
const {backend, fallbackReason} = await startBackend({backend: 'auto', device: 'cpu', install: true, onEvent: event => events.push(event)});
console.log(JSON.stringify({backend, fallbackReason, events}));`;
    const {stdout, stderr} = await inChild(script, {FINETUNE_CACHE: cache, PATH});
    expect(stderr).to.equal('');
    const {backend, fallbackReason, events} = JSON.parse(stdout) as {
      backend: string;
      fallbackReason: string;
      events: unknown[];
    };
    expect(backend).to.equal('wasm');
    expect(fallbackReason).to.match(/falls back to WASM, .* fails its self-test: a matrix product/);
    expect(events).to.deep.equal([{type: 'fallback', reason: fallbackReason}]);
    expect(existsSync(called)).to.equal(false);
  });
});
