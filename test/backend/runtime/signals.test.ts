import {expect} from 'chai';
import {useBackend} from '../../helpers/backend.js';
import {inChild, SRC, startChild} from '../../helpers/in-child.js';

const START = `
import {startBackend} from '${SRC}/backend/runtime/runtime.js';
import {tf} from '${SRC}/backend/tensorflow.js';
await startBackend({backend: 'tensorflow', device: 'cpu', offline: true});`;

/** Products of the shapes that a head's training has; on AVX2 they run on a stack of oneDNN's own, in the heap. */
const MULTIPLY = `${START}
let seen = 0;
process.on('SIGWINCH', () => seen++);
const x = tf.fill([32, 1024], 0.5), w = tf.fill([1024, 2], 0.5), dy = tf.ones([32, 2]);
console.log('ready');
while (seen < 200) {
  tf.tidy(() => {
    for (let i = 0; i < 20; i++) tf.dispose([tf.matMul(x, w), tf.matMul(x, dy, true)]);
  });
  await new Promise(resolve => setImmediate(resolve));
}
console.log('seen');
process.exit();`;

describe('signals while TensorFlow computes', function () {
  this.timeout(60_000);
  useBackend();

  it('reach the program and tear no memory', async () => {
    const {child, ended} = startChild(MULTIPLY);
    let pestering: NodeJS.Timeout | undefined;
    child.stdout!.once('data', () => (pestering = setInterval(() => child.kill('SIGWINCH'), 1)));
    const {signal, stdout, stderr} = await ended;
    clearInterval(pestering);
    expect({signal, stdout, stderr}).to.deep.equal({
      signal: null,
      stdout: 'ready\nseen\n',
      stderr: '',
    });
  });

  it('are kept from no program that this one starts', async () => {
    const {stdout} = await inChild(`${START}
import {execFileSync} from 'node:child_process';
console.log(execFileSync('grep', ['SigBlk', '/proc/self/status']).toString());
process.exit();`);
    expect(stdout.trim()).to.equal('SigBlk:\t0000000000000000');
  });
});
