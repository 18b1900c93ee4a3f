import {expect} from 'chai';
import {
  bool,
  float,
  countNativeHandles,
  runOp,
  string,
  nodeKernelBackend,
  type,
} from '../../../src/backend/graph/binding.js';
import {benchmarkBackend} from '../../../src/backend/runtime/benchmark.js';
import {startBackend} from '../../../src/backend/runtime/runtime.js';
import {tf} from '../../../src/backend/tensorflow.js';
import {useBackend} from '../../helpers/backend.js';

describe('the benchmark of a backend', () => {
  useBackend();

  it('is a speed for matrix products and one for convolutions, and leaves no tensor', async () => {
    const info = await startBackend({backend: 'auto', device: 'auto'});
    const before = countNativeHandles();
    const {matmul, conv2d} = benchmarkBackend(info, 0.05);
    expect(matmul).to.be.above(0.1).and.below(1e6);
    expect(conv2d).to.be.above(0.1).and.below(1e6);
    expect(countNativeHandles()).to.equal(before);
  });
});

describe('an op of TensorFlow by its name', () => {
  useBackend();

  it('takes attributes of every kind and gives as many tensors as it has outputs', () => {
    const [y, mean, variance] = tf.tidy(() => {
      const x = tf.tensor4d([1, 3, 5, 7], [1, 2, 2, 1]);
      const [one, none] = [tf.ones([1]), tf.tensor1d([])];
      const attributes = {
        T: type('float32'),
        U: type('float32'),
        epsilon: float(0),
        data_format: string('NHWC'),
        is_training: bool(true),
      };
      return runOp('FusedBatchNormV3', attributes, [x, one, tf.zeros([1]), none, none], 6).slice(
        0,
        3,
      );
    });
    expect(mean!.dataSync()[0]).to.equal(4);
    // Unbiased: 20 / 3.
    expect(variance!.dataSync()[0]).to.be.closeTo(6.6667, 1e-3);
    expect(y!.dataSync()[3]).to.be.closeTo(3 / Math.sqrt(5), 1e-5);
    tf.dispose([y!, mean!, variance!]);
  });

  it('belongs to the tidy around it', () => {
    const before = countNativeHandles();
    tf.tidy(() => void runOp('Neg', {T: type('float32')}, [tf.ones([3])]));
    expect(countNativeHandles()).to.equal(before);
    expect(nodeKernelBackend().binding.TF_Version).to.match(/^2\.\d+\.\d+/);
  });

  it('complains in its own words', () => {
    const mismatched = () =>
      tf.tidy(() => runOp('MatMul', {T: type('float32')}, [tf.ones([2, 3]), tf.ones([2, 3])]));
    expect(mismatched).to.throw(/Matrix size-incompatible/);
  });
});
