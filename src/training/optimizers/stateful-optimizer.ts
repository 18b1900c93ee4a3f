import {sizeFromShape, type CpuTensor, type StateDict} from '../../core/state-dict.js';
import {tf, type Scalar, type Tensor, type Variable} from '../../backend/tensorflow.js';

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

/** The weights that an optimizer moves, by name. */
export type WeightMap = ReadonlyMap<string, Variable>;

/** An optimizer whose state variables start at zero. */
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
 * Whether weight decay applies to a weight: filters and matrices decay; batch norms and biases, all vectors, do not (fastai's
 * `wd_bn_bias=False`).
 */
export const hasWeightDecay = (weight: Tensor): boolean => weight.rank > 1;

/** `previous * decayFactor + newValue * (1 - decayFactor)`, as TensorFlow's own kernel rounds it: with `1 - decayFactor` of float32 numbers. */
export const exponentialAverage = (
  previous: Tensor,
  decayFactor: number,
  newValue: Tensor,
): Tensor =>
  tf.add(previous, tf.mul(tf.sub(newValue, previous), Math.fround(1 - Math.fround(decayFactor))));
