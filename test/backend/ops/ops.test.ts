import {expect} from 'chai';
import {portableConvolution} from '../../../src/backend/ops/convolution-portable.js';
import {registerConvolution} from '../../../src/backend/ops/convolution.js';
import {ops} from '../../../src/backend/ops/current-ops.js';
import {portableOps} from '../../../src/backend/ops/ops-portable.js';
import {tensorflowOps} from '../../../src/backend/ops/ops-tensorflow.js';
import {tf, type Tensor, type Tensor4D} from '../../../src/backend/tensorflow.js';
import {useBackend} from '../../helpers/backend.js';
import {draw, gradientsOf, largestDifference} from '../../helpers/gradients.js';
import {describeOperations, EXAMPLES, inputsOf} from '../../helpers/operations.js';
import {PYTORCH_LOSSES, trainSmallNetwork} from '../../helpers/small-network.js';

describe('Operations on TensorFlow', () => {
  useBackend();

  it('are the raw ones', () => {
    expect(ops()).to.equal(tensorflowOps);
  });

  describeOperations('raw', tensorflowOps);
  describeOperations('portable', portableOps);

  describe('raw and portable', () => {
    beforeEach(() => tf.engine().startScope());
    afterEach(() => tf.engine().endScope());

    for (const example of EXAMPLES) {
      it(`agree in value and gradient: ${example.name}`, () => {
        const inputs = inputsOf(example);
        const [raw, portable] = [tensorflowOps, portableOps].map(implementation => {
          const operation = (...given: Tensor[]): Tensor =>
            example.operation(implementation, ...given);
          return [operation(...inputs), ...gradientsOf(operation, inputs)];
        }) as [Tensor[], Tensor[]];
        raw.forEach((tensor, i) =>
          expect(largestDifference(tensor, portable[i]!)).to.be.below(1e-4),
        );
      });
    }

    it('agree in the statistics of a batch', () => {
      const x = draw<Tensor4D>('x', [3, 5, 4, 3]);
      const [raw, portable] = [tensorflowOps, portableOps].map(
        ({batchNormTraining}) =>
          batchNormTraining(x, tf.tensor1d([1, 1, 1]), tf.tensor1d([0, 0, 0]), 1e-5).statistics,
      );
      expect(largestDifference(raw!.mean, portable!.mean)).to.be.below(1e-6);
      expect(largestDifference(raw!.variance, portable!.variance)).to.be.below(1e-6);
    });
  });

  for (const [name, implementation] of Object.entries({
    raw: tensorflowOps,
    portable: portableOps,
  })) {
    it(`train a small network as PyTorch does: ${name}`, () => {
      trainSmallNetwork(implementation).forEach((loss, step) =>
        expect(loss).to.be.closeTo(PYTORCH_LOSSES[step]!, 1e-5),
      );
    });
  }

  it('read nothing back to the host, so that they can be traced', () => {
    const backend = tf.backend();
    backend.readSync = () => expect.fail('a tensor was read');
    try {
      tf.tidy(() => {
        EXAMPLES.forEach(example =>
          gradientsOf((...given) => example.operation(tensorflowOps, ...given), inputsOf(example)),
        );
        tensorflowOps.dropout(draw('x', [4, 4]), 0.5, tf.tensor1d([1, 2], 'int32'));
      });
    } finally {
      Reflect.deleteProperty(backend, 'readSync');
    }
  });

  it('compute no gradient of images that nothing trained has made', () => {
    const imageGradient = (): never => expect.fail('the gradient of the images was computed');
    const convolve = registerConvolution('ConvolutionOfThisTest', {
      ...portableConvolution,
      inputGradient: imageGradient,
    });
    tf.tidy(() => {
      const images = draw<Tensor4D>('images', [1, 4, 4, 2]);
      const gradient = tf.grad(filter => tf.sum(convolve(images, filter as Tensor4D, 1, 1)))(
        draw('filter', [3, 3, 2, 2]),
      );
      expect(gradient.shape).to.deep.equal([3, 3, 2, 2]);
    });
  });
});
