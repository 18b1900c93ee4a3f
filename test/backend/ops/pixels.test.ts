import {expect} from 'chai';
import {countNativeHandles} from '../../../src/backend/graph/binding.js';
import {CompiledFunction} from '../../../src/backend/graph/compiled-function.js';
import {tfDataTypeOf, toFloat, pixelsToDevice} from '../../../src/backend/ops/pixels.js';
import {tf} from '../../../src/backend/tensorflow.js';
import {useBackend} from '../../helpers/backend.js';

const VALUES = Uint8Array.of(0, 1, 127, 128, 254, 255);

describe('pixels on the device', () => {
  useBackend();

  it('are 8-bit numbers, and the same as float32', () => {
    const before = [tf.memory().numTensors, countNativeHandles()];
    tf.tidy(() => {
      const pixels = pixelsToDevice(VALUES, [1, 1, 2, 3]);
      expect(tfDataTypeOf(pixels)).to.equal('uint8');
      expect(tfDataTypeOf(tf.clone(pixels))).to.equal('uint8');
      const numbers = toFloat(pixels);
      expect([numbers.dtype, numbers.shape, [...numbers.dataSync()]]).to.deep.equal([
        'float32',
        [1, 1, 2, 3],
        [...VALUES],
      ]);
    });
    expect([tf.memory().numTensors, countNativeHandles()]).to.deep.equal(before);
  });

  it('of other types become float32 alike', () => {
    const numbers = tf.tidy(() => [...toFloat(tf.tensor1d([1, 2], 'int32')).dataSync()]);
    expect(numbers).to.deep.equal([1, 2]);
  });

  it('go into a graph as they are', () => {
    const compiled = new CompiledFunction(new Map(), x => tf.mul(toFloat(x), 2));
    for (let time = 0; time < 3; time++) {
      const pixels = pixelsToDevice(VALUES, [1, 1, 2, 3]);
      const doubled = compiled.run(pixels);
      expect([...doubled.dataSync()]).to.deep.equal([...VALUES].map(value => value * 2));
      tf.dispose([pixels, doubled]);
    }
    compiled.dispose();
  });
});
