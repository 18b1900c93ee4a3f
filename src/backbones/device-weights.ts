import {sizeOf, type HostTensor, type NamedHostTensors} from '../core/host-tensor.js';
import {tf, type Tensor, type Tensor1D, type Tensor4D, type Variable} from '../engine/tensorflow.js';

/** The weights of a network on the device, by torchvision state-dict key; convolutions HWIO, linear layers `[in, out]`. */
export type NamedWeights = Map<string, Variable>;

/** Convolutions OIHW -> HWIO, linear layers `[out, in] -> [in, out]`; vectors as they are. */
function toDevice({shape, data}: HostTensor): Tensor {
  return tf.tidy(() => {
    const stored = tf.tensor(data, [...shape]);
    if (shape.length === 4) return tf.transpose(stored, [2, 3, 1, 0]);
    return shape.length === 2 ? tf.transpose(stored) : stored;
  });
}

/** The inverse of the above: torchvision's layout again. */
function toHost(tensor: Tensor): HostTensor {
  const stored = tensor.rank === 4 ? tf.transpose(tensor, [3, 2, 0, 1]) : tensor.rank === 2 ? tf.transpose(tensor) : tf.clone(tensor);
  // Not inside tf.tidy: it searches what it returns for tensors, element by element.
  const host = {shape: stored.shape, data: stored.dataSync<'float32'>().slice()};
  stored.dispose();
  return host;
}

/** Uploads tensors; the caller disposes the variables. */
export function upload(tensors: NamedHostTensors): NamedWeights {
  const weights: NamedWeights = new Map();
  for (const [name, tensor] of tensors) {
    const initial = toDevice(tensor);
    weights.set(name, tf.variable(initial, !name.includes('.running_')));
    initial.dispose();
  }
  return weights;
}

/** Downloads tensors, all or those chosen by name. Waits for the device. */
export function download(weights: NamedWeights, wanted: (name: string) => boolean = () => true): Map<string, HostTensor> {
  return new Map([...weights].filter(([name]) => wanted(name)).map(([name, variable]) => [name, toHost(variable)]));
}

/** Overwrites variables that exist with host tensors of the same names and sizes. */
export function restore(weights: NamedWeights, tensors: NamedHostTensors): void {
  for (const [name, tensor] of tensors) {
    const variable = weights.get(name);
    if (variable === undefined || variable.size !== sizeOf(tensor.shape)) {
      throw new Error(`Expected a variable of ${tensor.shape} for ${name}, but found ${variable?.shape}.`);
    }
    const value = toDevice(tensor);
    variable.assign(value);
    value.dispose();
  }
}

export function disposeWeights(weights: NamedWeights): void {
  for (const variable of weights.values()) variable.dispose();
  weights.clear();
}

/** A weight that must be there: the strict load has seen to it. */
export const filterOf = (weights: NamedWeights, name: string): Tensor4D => weights.get(name) as unknown as Tensor4D;
export const vectorOf = (weights: NamedWeights, name: string): Tensor1D => weights.get(name) as unknown as Tensor1D;
