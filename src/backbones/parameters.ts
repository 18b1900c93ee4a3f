import type {Preprocessing} from '../core/preprocessing.js';
import {sizeFromShape, type CpuTensor, type StateDict} from '../core/state-dict.js';
import {
  tf,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
  type Variable,
} from '../backend/tensorflow.js';
import type {BackboneSpec} from './resnet-specs.js';

/** Weights of a network on the device, by torchvision state-dict key. Convolutions are HWIO, linear layers `[in, out]`. */
export type ParameterMap = Map<string, Variable>;

/** A ResNet without its classifier, on the device. */
export interface Backbone {
  readonly spec: BackboneSpec;
  readonly preprocessing: Preprocessing;
  readonly weights: ParameterMap;
  readonly origin: string;
}

/** Transposes convolutions OIHW -> HWIO and linear layers `[out, in] -> [in, out]`. Vectors stay the same. */
function parameterToDevice({shape, data}: CpuTensor): Tensor {
  return tf.tidy(() => {
    const stored = tf.tensor(data, [...shape]);
    if (shape.length === 4) return tf.transpose(stored, [2, 3, 1, 0]);
    return shape.length === 2 ? tf.transpose(stored) : stored;
  });
}

/** The inverse of `parameterToDevice`: returns torchvision's layout. */
function parameterToHost(tensor: Tensor): CpuTensor {
  const stored =
    tensor.rank === 4
      ? tf.transpose(tensor, [3, 2, 0, 1])
      : tensor.rank === 2
        ? tf.transpose(tensor)
        : tf.clone(tensor);
  // Not inside tf.tidy, which searches its result for tensors, element by element.
  const cpuTensor = {shape: stored.shape, data: stored.dataSync<'float32'>().slice()};
  stored.dispose();
  return cpuTensor;
}

/** Uploads tensors to the device. The caller disposes the variables. */
export function toDevice(tensors: StateDict): ParameterMap {
  const weights: ParameterMap = new Map();
  for (const [name, tensor] of tensors) {
    const initial = parameterToDevice(tensor);
    weights.set(name, tf.variable(initial, !name.includes('.running_')));
    initial.dispose();
  }
  return weights;
}

/** Downloads all or selected tensors from the device. Blocks until the device is done. */
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

/** Assigns a state dict to existing variables of the same names and sizes. */
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

/** A weight that must exist: loading has already checked it. */
export const getKernel = (weights: ParameterMap, name: string): Tensor4D =>
  weights.get(name) as unknown as Tensor4D;
export const getVector = (weights: ParameterMap, name: string): Tensor1D =>
  weights.get(name) as unknown as Tensor1D;
