import {sizeOf, type HostTensor, type NamedHostTensors} from '../core/host-tensor.js';
import {tf, type Scalar, type Tensor, type Variable} from '../engine/tensorflow.js';

/** Decay applies to filters and matrices; batch norms and biases, all vectors, are left alone (fastai's `wd_bn_bias=False`). */
const decays = (weight: Tensor): boolean => weight.rank > 1;

export interface OptimizerSpec {
  readonly type: 'adamw' | 'sgd';
  readonly weightDecay: number;
}

/** Moves weights along gradients. Its state is kept by weight name, so that a change of the trained groups pairs nothing wrongly. */
export interface Optimizer {
  /** @param rate learning rate, a scalar on the device so that a recorded step can change it */
  update(name: string, weight: Variable, gradient: Tensor, rate: Scalar): void;
  state(): Map<string, HostTensor>;
  restore(state: NamedHostTensors): void;
  dispose(): void;
}

/** Variables by name, made as zeros when first asked for. */
class Slots {
  readonly #variables = new Map<string, Variable>();

  get(name: string, shape: number[]): Variable {
    const found = this.#variables.get(name);
    if (found !== undefined) return found;
    const made = tf.tidy(() => tf.variable(tf.zeros(shape), false));
    this.#variables.set(name, made);
    return made;
  }

  state(): Map<string, HostTensor> {
    return new Map(
      [...this.#variables].map(([name, variable]) => [name, {shape: variable.shape, data: variable.dataSync<'float32'>().slice()}]),
    );
  }

  restore(state: NamedHostTensors): void {
    for (const [name, {shape, data}] of state) {
      const slot = this.get(name, [...shape]);
      tf.tidy(() => slot.assign(tf.tensor(data.slice(0, sizeOf(shape)), [...shape])));
    }
  }

  dispose(): void {
    for (const variable of this.#variables.values()) variable.dispose();
    this.#variables.clear();
  }
}

/** `old * keep + fresh * (1 - keep)` */
const blend = (old: Tensor, keep: number, fresh: Tensor): Tensor => tf.add(tf.mul(old, keep), tf.mul(fresh, 1 - keep));

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** Decoupled weight decay: Loshchilov & Hutter, https://arxiv.org/abs/1711.05101, algorithm 2; torch.optim.AdamW's numbers. */
function adamW(weightDecay: number): Optimizer {
  const slots = new Slots();
  return {
    update: (name, weight, gradient, rate) =>
      tf.tidy(() => {
        const step = slots.get(`${name}/step`, []);
        const first = slots.get(`${name}/first`, weight.shape);
        const second = slots.get(`${name}/second`, weight.shape);
        step.assign(tf.add(step, 1));
        first.assign(blend(first, BETA1, gradient));
        second.assign(blend(second, BETA2, tf.square(gradient)));
        const mean = tf.div(first, tf.sub(1, tf.pow(BETA1, step)));
        const deviation = tf.add(tf.sqrt(tf.div(second, tf.sub(1, tf.pow(BETA2, step)))), EPSILON);
        const kept = decays(weight) && weightDecay > 0 ? tf.mul(weight, tf.sub(1, tf.mul(rate, weightDecay))) : weight;
        weight.assign(tf.sub(kept, tf.mul(rate, tf.div(mean, deviation))));
      }),
    state: () => slots.state(),
    restore: state => slots.restore(state),
    dispose: () => slots.dispose(),
  };
}

const MOMENTUM = 0.9;

/** Nesterov momentum as torch.optim.SGD(nesterov=True) writes it (Sutskever et al., ICML 2013); the decay is coupled, as there. */
function sgd(weightDecay: number): Optimizer {
  const slots = new Slots();
  return {
    update: (name, weight, gradient, rate) =>
      tf.tidy(() => {
        const velocity = slots.get(`${name}/velocity`, weight.shape);
        const decayed = decays(weight) && weightDecay > 0 ? tf.add(gradient, tf.mul(weight, weightDecay)) : gradient;
        velocity.assign(tf.add(tf.mul(velocity, MOMENTUM), decayed));
        weight.assign(tf.sub(weight, tf.mul(rate, tf.add(decayed, tf.mul(velocity, MOMENTUM)))));
      }),
    state: () => slots.state(),
    restore: state => slots.restore(state),
    dispose: () => slots.dispose(),
  };
}

export const createOptimizer = ({type, weightDecay}: OptimizerSpec): Optimizer =>
  type === 'adamw' ? adamW(weightDecay) : sgd(weightDecay);
