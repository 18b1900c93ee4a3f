import {bool, type} from '../../backend/graph/binding.js';
import {updateInPlace} from '../../backend/graph/trace.js';
import {tf, type Scalar, type Tensor} from '../../backend/tensorflow.js';
import {hasWeightDecay, StatefulOptimizer, type WeightMap} from './stateful-optimizer.js';

const MOMENTUM = 0.9;

/** SGD with Nesterov momentum, as in torch.optim.SGD(nesterov=True) (Sutskever et al., ICML 2013). Weight decay is coupled, as there. */
export class Sgd extends StatefulOptimizer {
  constructor(
    readonly weights: WeightMap,
    readonly weightDecay: number,
  ) {
    super([...weights].map(([name, {shape}]) => [`${name}/velocity`, shape] as const));
  }

  override update(gradients: ReadonlyMap<string, Tensor>, lrOf: (name: string) => Scalar): void {
    tf.tidy(() => {
      const momentum = tf.scalar(MOMENTUM);
      for (const [name, weight] of this.weights) {
        const [gradient, learningRate, velocity] = [
          gradients.get(name)!,
          lrOf(name),
          this.variables.get(`${name}/velocity`)!,
        ];
        const shouldDecay = hasWeightDecay(weight) && this.weightDecay > 0;
        const attributes = {T: type('float32'), use_nesterov: bool(true)};
        tf.tidy(() => {
          const decayed = shouldDecay
            ? tf.add(gradient, tf.mul(weight, this.weightDecay))
            : gradient;
          updateInPlace(
            'ResourceApplyMomentum',
            attributes,
            [weight, velocity],
            [learningRate, decayed, momentum],
            () => {
              velocity.assign(tf.add(tf.mul(velocity, MOMENTUM), decayed));
              weight.assign(
                tf.sub(weight, tf.mul(learningRate, tf.add(decayed, tf.mul(velocity, MOMENTUM)))),
              );
            },
          );
        });
      }
    });
  }
}
