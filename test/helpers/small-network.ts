import type {Ops} from '../../src/backend/ops/ops.js';
import {
  tf,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  type Variable,
} from '../../src/backend/tensorflow.js';
import {draw} from './gradients.js';

/** Losses of four steps from PyTorch 2.13, by test/parity/small_network.py; they fall only if every gradient is right. */
export const PYTORCH_LOSSES = [1.0583515, 0.9882698, 0.9329562, 0.8829167];

const SHAPES: Readonly<Record<string, readonly number[]>> = {
  stem: [7, 7, 3, 8],
  first: [3, 3, 8, 8],
  second: [1, 1, 8, 16],
  shortcut: [1, 1, 8, 16],
  dense: [16, 3],
};
const RATE = 0.1;
const EPSILON = 1e-5;

/**
 * Four steps of gradient descent on a network of one residual block, with every operation of training in it, in the layout of
 * torchvision's: convolution, batch norm, relu, max pool, a block with a projection, average pool, classifier.
 */
export function trainSmallNetwork(ops: Ops): number[] {
  const variables = new Map<string, Variable>();
  const weight = <T extends Tensor>(name: string): T => variables.get(name) as unknown as T;
  for (const [name, shape] of Object.entries(SHAPES)) {
    variables.set(
      name,
      tf.tidy(() => tf.variable(tf.mul(draw(name, shape), 0.3))),
    );
    if (name === 'dense') continue;
    variables.set(
      `${name}.gamma`,
      tf.tidy(() => tf.variable(tf.ones([shape[3]!]))),
    );
    variables.set(
      `${name}.beta`,
      tf.tidy(() => tf.variable(tf.zeros([shape[3]!]))),
    );
  }
  const unit = (name: string, x: Tensor4D, stride: number, padding: number): Tensor4D => {
    const convolved = ops.conv2d(x, weight(name), stride, padding);
    return ops.batchNormTraining(
      convolved,
      weight<Tensor1D>(`${name}.gamma`),
      weight<Tensor1D>(`${name}.beta`),
      EPSILON,
    ).y;
  };
  const loss = (): Scalar => {
    const features = ops.relu(unit('stem', draw('images', [4, 32, 32, 3]), 2, 3));
    const stem = ops.maxPool(ops.pad(features, 1, 0), 3, 2);
    const path = unit('second', ops.relu(unit('first', stem, 2, 1)), 1, 0);
    const map = ops.relu(tf.add<Tensor4D>(path, unit('shortcut', stem, 2, 0)));
    const logits = tf.matMul<Tensor2D>(ops.averagePoolGlobal(map), weight<Tensor2D>('dense'));
    return ops.softmaxCrossEntropy(
      logits,
      tf.tensor1d([0, 1, 2, 1], 'int32'),
      tf.tensor1d([1, 1, 1, 0.5]),
      0.1,
    );
  };
  const step = (): number => {
    const {value, grads} = tf.variableGrads(loss, [...variables.values()]);
    tf.tidy(() =>
      variables.forEach(variable =>
        variable.assign(tf.sub(variable, tf.mul(grads[variable.name]!, RATE))),
      ),
    );
    const before = value.dataSync()[0]!;
    tf.dispose([value, grads]);
    return before;
  };
  const losses = [step(), step(), step(), step()];
  tf.dispose([...variables.values()]);
  return losses;
}
