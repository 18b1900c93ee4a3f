import {sizeOf, type HostTensor, type NamedHostTensors} from '../core/host-tensor.js';
import {bool, type} from '../engine/binding.js';
import {inPlace} from '../engine/record.js';
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
  /** Its state for these weights, by name, made where there is none yet. */
  variables(weights: ReadonlyMap<string, Variable>): ReadonlyMap<string, Variable>;
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

  get all(): ReadonlyMap<string, Variable> {
    return this.#variables;
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

/** `old * keep + fresh * (1 - keep)`, as TensorFlow's own kernel rounds it: with 1 - keep of float32 numbers. */
const blend = (old: Tensor, keep: number, fresh: Tensor): Tensor =>
  tf.add(old, tf.mul(tf.sub(fresh, old), Math.fround(1 - Math.fround(keep))));

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** Decoupled weight decay: Loshchilov & Hutter, https://arxiv.org/abs/1711.05101, algorithm 2; torch.optim.AdamW's numbers. */
function adamW(weightDecay: number): Optimizer {
  const slots = new Slots();
  const slotsOf = (name: string, {shape}: Tensor): {step: Variable; first: Variable; second: Variable} => ({
    step: slots.get(`${name}/step`, []),
    first: slots.get(`${name}/first`, shape),
    second: slots.get(`${name}/second`, shape),
  });
  return {
    update: (name, weight, gradient, rate) =>
      tf.tidy(() => {
        const {step, first, second} = slotsOf(name, weight);
        step.assign(tf.add(step, 1));
        if (decays(weight) && weightDecay > 0) weight.assign(tf.mul(weight, tf.sub(1, tf.mul(rate, weightDecay))));
        const powers = [tf.pow(BETA1, step), tf.pow(BETA2, step)] as const;
        // Torch adds its epsilon to the corrected deviation; TensorFlow corrects it together with the rate.
        const deviation = tf.sqrt<Scalar>(tf.sub(1, powers[1]));
        const epsilon = tf.mul<Scalar>(deviation, EPSILON);
        const inputs = [...powers, rate, tf.scalar(BETA1), tf.scalar(BETA2), epsilon, gradient];
        inPlace('ResourceApplyAdam', {T: type('float32')}, [weight, first, second], inputs, () => {
          first.assign(blend(first, BETA1, gradient));
          second.assign(blend(second, BETA2, tf.square(gradient)));
          const corrected = tf.div(tf.mul(rate, deviation), tf.sub(1, powers[0]));
          weight.assign(tf.sub(weight, tf.div(tf.mul(first, corrected), tf.add(tf.sqrt(second), epsilon))));
        });
      }),
    variables: weights => {
      for (const [name, weight] of weights) slotsOf(name, weight);
      return slots.all;
    },
    state: () => slots.state(),
    restore: state => slots.restore(state),
    dispose: () => slots.dispose(),
  };
}

const MOMENTUM = 0.9;

/** Nesterov momentum as torch.optim.SGD(nesterov=True) writes it (Sutskever et al., ICML 2013); the decay is coupled, as there. */
function sgd(weightDecay: number): Optimizer {
  const slots = new Slots();
  const velocityOf = (name: string, {shape}: Tensor): Variable => slots.get(`${name}/velocity`, shape);
  return {
    update: (name, weight, gradient, rate) =>
      tf.tidy(() => {
        const velocity = velocityOf(name, weight);
        const decayed = decays(weight) && weightDecay > 0 ? tf.add(gradient, tf.mul(weight, weightDecay)) : gradient;
        const inputs = [rate, decayed, tf.scalar(MOMENTUM)];
        inPlace('ResourceApplyMomentum', {T: type('float32'), use_nesterov: bool(true)}, [weight, velocity], inputs, () => {
          velocity.assign(tf.add(tf.mul(velocity, MOMENTUM), decayed));
          weight.assign(tf.sub(weight, tf.mul(rate, tf.add(decayed, tf.mul(velocity, MOMENTUM)))));
        });
      }),
    variables: weights => {
      for (const [name, weight] of weights) velocityOf(name, weight);
      return slots.all;
    },
    state: () => slots.state(),
    restore: state => slots.restore(state),
    dispose: () => slots.dispose(),
  };
}

export const createOptimizer = ({type, weightDecay}: OptimizerSpec): Optimizer =>
  type === 'adamw' ? adamW(weightDecay) : sgd(weightDecay);
