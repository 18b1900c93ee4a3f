import {sizeFromShape, type CpuTensor, type StateDict} from '../../core/state-dict.js';
import {tf, type Scalar, type Tensor, type Variable} from '../../backend/tensorflow.js';

/** Updates a fixed set of weights by gradients. Its state is stored by weight name. */
export interface Optimizer {
  /**
   * @param gradients gradients of all weights, by name
   * @param lrOf returns the learning rate of a weight, a scalar on the device, so that a traced step can change it
   */
  update(gradients: ReadonlyMap<string, Tensor>, lrOf: (name: string) => Scalar): void;
  /** State variables by name. */
  readonly variables: ReadonlyMap<string, Variable>;
  state(): Map<string, CpuTensor>;
  /** @param state state of an optimizer for the same weights; missing variables stay unchanged */
  restore(state: StateDict): void;
  dispose(): void;
}

/** Weights that an optimizer updates, by name. */
export type WeightMap = ReadonlyMap<string, Variable>;

/** Base class of optimizers whose state variables start at zero. */
export abstract class StatefulOptimizer implements Optimizer {
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
          `The state of ${name} has shape [${shape}] instead of [${variable?.shape}].`,
        );
      }
      tf.tidy(() => variable.assign(tf.tensor(data.slice(0, sizeFromShape(shape)), [...shape])));
    }
  }

  dispose(): void {
    for (const variable of this.variables.values()) variable.dispose();
  }
}

/**
 * Whether weight decay applies to a weight. It applies to filters and matrices, but not to batch norms and biases, which are vectors
 * (fastai's `wd_bn_bias=False`).
 */
export const hasWeightDecay = (weight: Tensor): boolean => weight.rank > 1;

/** `previous * decayFactor + newValue * (1 - decayFactor)`, rounded like TensorFlow's kernel: `1 - decayFactor` is computed in float32. */
export const exponentialAverage = (
  previous: Tensor,
  decayFactor: number,
  newValue: Tensor,
): Tensor =>
  tf.add(previous, tf.mul(tf.sub(newValue, previous), Math.fround(1 - Math.fround(decayFactor))));
