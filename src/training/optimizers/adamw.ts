import {type} from '../../backend/graph/binding.js';
import {updateInPlace} from '../../backend/graph/trace.js';
import {tf, type Scalar, type Tensor} from '../../backend/tensorflow.js';
import {
  exponentialAverage,
  hasWeightDecay,
  StatefulOptimizer,
  type WeightMap,
} from './stateful-optimizer.js';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;
const STEP_NAME = 'step';

/**
 * AdamW with decoupled weight decay (Loshchilov & Hutter, https://arxiv.org/abs/1711.05101, algorithm 2) and the defaults of
 * torch.optim.AdamW.
 */
export class AdamW extends StatefulOptimizer {
  constructor(
    readonly weights: WeightMap,
    readonly weightDecay: number,
  ) {
    const moments = [...weights].flatMap(([name, {shape}]) => [
      [`${name}/first`, shape] as const,
      [`${name}/second`, shape] as const,
    ]);
    super([[STEP_NAME, []], ...moments]);
  }

  override update(gradients: ReadonlyMap<string, Tensor>, lrOf: (name: string) => Scalar): void {
    tf.tidy(() => {
      const step = this.variables.get(STEP_NAME)!;
      step.assign(tf.add(step, 1));
      const powers = [tf.pow(BETA1, step), tf.pow(BETA2, step)] as const;
      // PyTorch adds epsilon to the bias-corrected deviation. TensorFlow's kernel moves the correction into the learning rate, so epsilon
      // is scaled.
      const correctedStd = tf.sqrt<Scalar>(tf.sub(1, powers[1]));
      const epsilon = tf.mul<Scalar>(correctedStd, EPSILON);
      const correction = tf.div<Scalar>(correctedStd, tf.sub(1, powers[0]));
      const decayFactor = memoize((learningRate: Scalar) =>
        tf.sub<Scalar>(1, tf.mul(learningRate, this.weightDecay)),
      );
      const betas = [tf.scalar(BETA1), tf.scalar(BETA2)];
      for (const [name, weight] of this.weights) {
        const [gradient, learningRate] = [gradients.get(name)!, lrOf(name)];
        const [first, second] = [
          this.variables.get(`${name}/first`)!,
          this.variables.get(`${name}/second`)!,
        ];
        const decayedFactor = decayFactor(learningRate);
        // Without this tidy, intermediate tensors stay in memory until the last weight is updated: a dozen times the size of the network.
        tf.tidy(() => {
          if (hasWeightDecay(weight) && this.weightDecay > 0)
            weight.assign(tf.mul(weight, decayedFactor));
          updateInPlace(
            'ResourceApplyAdam',
            {T: type('float32')},
            [weight, first, second],
            [...powers, learningRate, ...betas, epsilon, gradient],
            () => {
              first.assign(exponentialAverage(first, BETA1, gradient));
              second.assign(exponentialAverage(second, BETA2, tf.square(gradient)));
              weight.assign(
                tf.sub(
                  weight,
                  tf.div(
                    tf.mul(first, tf.mul(learningRate, correction)),
                    tf.add(tf.sqrt(second), epsilon),
                  ),
                ),
              );
            },
          );
        });
      }
    });
  }
}

/** Caches the result of a function for each argument. */
function memoize<Argument, Result>(
  compute: (argument: Argument) => Result,
): (argument: Argument) => Result {
  const results = new Map<Argument, Result>();
  return argument => {
    if (!results.has(argument)) results.set(argument, compute(argument));
    return results.get(argument)!;
  };
}
