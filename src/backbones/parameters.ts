import {sizeFromShape, type CpuTensor, type StateDict} from '../core/state-dict.js';
import {
  tf,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
  type Variable,
} from '../backend/tensorflow.js';

/** The weights of a network on the device, by torchvision state-dict key; convolutions HWIO, linear layers `[in, out]`. */
export type ParameterMap = Map<string, Variable>;

/** Convolutions OIHW -> HWIO, linear layers `[out, in] -> [in, out]`; vectors as they are. */
function parameterToDevice({shape, data}: CpuTensor): Tensor {
  return tf.tidy(() => {
    const stored = tf.tensor(data, [...shape]);
    if (shape.length === 4) return tf.transpose(stored, [2, 3, 1, 0]);
    return shape.length === 2 ? tf.transpose(stored) : stored;
  });
}

/** The inverse of the above: torchvision's layout again. */
function parameterToHost(tensor: Tensor): CpuTensor {
  const stored =
    tensor.rank === 4
      ? tf.transpose(tensor, [3, 2, 0, 1])
      : tensor.rank === 2
        ? tf.transpose(tensor)
        : tf.clone(tensor);
  // Not inside tf.tidy: it searches what it returns for tensors, element by element.
  const cpuTensor = {shape: stored.shape, data: stored.dataSync<'float32'>().slice()};
  stored.dispose();
  return cpuTensor;
}

/** Uploads tensors; the caller disposes the variables. */
export function toDevice(tensors: StateDict): ParameterMap {
  const weights: ParameterMap = new Map();
  for (const [name, tensor] of tensors) {
    const initial = parameterToDevice(tensor);
    weights.set(name, tf.variable(initial, !name.includes('.running_')));
    initial.dispose();
  }
  return weights;
}

/** Downloads tensors, all or those chosen by name. Waits for the device. */
export function toHost(
  weights: ParameterMap,
  isSelected: (name: string) => boolean = () => true,
): Map<string, CpuTensor> {
  return new Map(
    [...weights]
      .filter(([name]) => isSelected(name))
      .map(([name, variable]) => [name, parameterToHost(variable)]),
  );
}

/** Overwrites variables that exist with host tensors of the same names and sizes. */
export function loadStateDict(weights: ParameterMap, tensors: StateDict): void {
  for (const [name, tensor] of tensors) {
    const variable = weights.get(name);
    if (variable === undefined || variable.size !== sizeFromShape(tensor.shape)) {
      throw new Error(
        `Variable ${name} has shape [${variable?.shape}], but its values have [${tensor.shape}].`,
      );
    }
    const value = parameterToDevice(tensor);
    variable.assign(value);
    value.dispose();
  }
}

export function disposeWeights(weights: ParameterMap): void {
  for (const variable of weights.values()) variable.dispose();
  weights.clear();
}

/** A weight that must be there: the strict load has seen to it. */
export const getKernel = (weights: ParameterMap, name: string): Tensor4D =>
  weights.get(name) as unknown as Tensor4D;
export const getVector = (weights: ParameterMap, name: string): Tensor1D =>
  weights.get(name) as unknown as Tensor1D;
