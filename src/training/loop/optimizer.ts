import {sizeFromShape, type CpuTensor, type StateDict} from '../../core/state-dict.js';
import {bool, type} from '../../backend/graph/binding.js';
import {updateInPlace} from '../../backend/graph/trace.js';
import {tf, type Scalar, type Tensor, type Variable} from '../../backend/tensorflow.js';

/** Decay applies to filters and matrices; batch norms and biases, all vectors, are left alone (fastai's `wd_bn_bias=False`). */
const hasWeightDecay = (weight: Tensor): boolean => weight.rank > 1;

export interface OptimizerSpec {
  readonly type: 'adamw' | 'sgd';
  readonly weightDecay: number;
}

/** Moves the weights it was made for along gradients. Its state is kept by weight name. */
export interface Optimizer {
  /**
   * @param gradients of every one of the weights, by name
   * @param lrOf learning rate of a weight, a scalar on the device so that a recorded step can change it
   */
  update(gradients: ReadonlyMap<string, Tensor>, lrOf: (name: string) => Scalar): void;
  /** Its state, by name. */
  readonly variables: ReadonlyMap<string, Variable>;
  state(): Map<string, CpuTensor>;
  /** @param state of an optimizer for the same weights; what it lacks stays as it is */
  restore(state: StateDict): void;
  dispose(): void;
}

type WeightMap = ReadonlyMap<string, Variable>;

/** Its variables are zeros at first. */
abstract class StatefulOptimizer implements Optimizer {
  readonly variables: ReadonlyMap<string, Variable>;

  constructor(shapes: Iterable<readonly [name: string, shape: number[]]>) {
    this.variables = new Map(
      [...shapes].map(([name, shape]) => [
        name,
        tf.tidy(() => tf.variable(tf.zeros(shape), false)),
      ]),
    );
  }

  abstract update(gradients: ReadonlyMap<string, Tensor>, lrOf: (name: string) => Scalar): void;

  state(): Map<string, CpuTensor> {
    return new Map(
      [...this.variables].map(([name, stateVariable]) => [
        name,
        {shape: stateVariable.shape, data: stateVariable.dataSync<'float32'>().slice()},
      ]),
    );
  }

  restore(state: StateDict): void {
    for (const [name, {shape, data}] of state) {
      const variable = this.variables.get(name);
      if (variable?.size !== sizeFromShape(shape)) {
        throw new Error(
          `Expected a state of [${variable?.shape}] for ${name}, but found one of [${shape}].`,
        );
      }
      tf.tidy(() => variable.assign(tf.tensor(data.slice(0, sizeFromShape(shape)), [...shape])));
    }
  }

  dispose(): void {
    for (const variable of this.variables.values()) variable.dispose();
  }
}

/** `old * keep + fresh * (1 - keep)`, as TensorFlow's own kernel rounds it: with 1 - keep of float32 numbers. */
const exponentialAverage = (previous: Tensor, decayFactor: number, newValue: Tensor): Tensor =>
  tf.add(previous, tf.mul(tf.sub(newValue, previous), Math.fround(1 - Math.fround(decayFactor))));

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;
const STEP_NAME = 'step';

/** Decoupled weight decay: Loshchilov & Hutter, https://arxiv.org/abs/1711.05101, algorithm 2; torch.optim.AdamW's numbers. */
class AdamW extends StatefulOptimizer {
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
      // Torch adds its epsilon to the corrected deviation; TensorFlow corrects it together with the rate.
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
        // Else what is made on the way for every weight lies in memory until the last one has moved: a dozen times the network.
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

/** A function that is run once for each argument. */
function memoize<Argument, Result>(
  compute: (argument: Argument) => Result,
): (argument: Argument) => Result {
  const results = new Map<Argument, Result>();
  return argument => {
    if (!results.has(argument)) results.set(argument, compute(argument));
    return results.get(argument)!;
  };
}

const MOMENTUM = 0.9;

/** Nesterov momentum as torch.optim.SGD(nesterov=True) writes it (Sutskever et al., ICML 2013); the decay is coupled, as there. */
class Sgd extends StatefulOptimizer {
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

/** @param weights by name; the optimizer moves these and no others */
export const createOptimizer = (
  {type, weightDecay}: OptimizerSpec,
  weights: WeightMap,
): Optimizer =>
  type === 'adamw' ? new AdamW(weights, weightDecay) : new Sgd(weights, weightDecay);
