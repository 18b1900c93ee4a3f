import {tf, type Scalar, type Tensor} from '../../backend/tensorflow.js';
import {
  exponentialAverage,
  hasWeightDecay,
  StatefulOptimizer,
  type WeightMap,
} from './stateful-optimizer.js';

const BETA1 = 0.9;
const BETA2 = 0.99;

/**
 * Lion: Chen et al. 2023, https://arxiv.org/abs/2302.06675, algorithm 2. Every element moves by the sign of an interpolation between the
 * momentum and the gradient. Weight decay is decoupled. Steps are larger than those of AdamW. The paper uses a learning rate 3 to 10 times
 * lower, and a weight decay higher by the same factor.
 *
 *     c = beta1 * m + (1 - beta1) * g
 *     w = w - lr * (sign(c) + weightDecay * w)
 *     m = beta2 * m + (1 - beta2) * g
 */
export class Lion extends StatefulOptimizer {
  constructor(
    readonly weights: WeightMap,
    readonly weightDecay: number,
  ) {
    super([...weights].map(([name, {shape}]) => [`${name}/momentum`, shape] as const));
  }

  override update(gradients: ReadonlyMap<string, Tensor>, lrOf: (name: string) => Scalar): void {
    for (const [name, weight] of this.weights) {
      const gradient = gradients.get(name)!;
      const momentum = this.variables.get(`${name}/momentum`)!;
      tf.tidy(() => {
        const direction = tf.sign(exponentialAverage(momentum, BETA1, gradient));
        const decayed =
          hasWeightDecay(weight) && this.weightDecay > 0
            ? tf.add(direction, tf.mul(weight, this.weightDecay))
            : direction;
        weight.assign(tf.sub(weight, tf.mul(decayed, lrOf(name))));
        momentum.assign(exponentialAverage(momentum, BETA2, gradient));
      });
    }
  }
}
