import type {ActivationMap} from '../datasets/activation-maps/placed-map.js';
import type {Pooling} from './head.js';

// Plain numbers without tensors: the web page computes its maps with these functions, too.

/** The last feature map of one image. */
export interface LastMap {
  readonly rows: number;
  readonly columns: number;
  /** `[rows, columns, channels]` */
  readonly values: Float32Array;
}

/** A linear layer, in torchvision's layout. */
export interface DenseWeights {
  /** `[outputs, inputs]` */
  readonly weight: Float32Array;
  /** `[outputs]` */
  readonly bias: Float32Array;
}

/** A head in CPU memory. There is a ReLU between its layers; the last one returns the logits. */
export interface HeadWeights {
  readonly pooling: Pooling;
  readonly layers: readonly DenseWeights[];
}

/** `[channels]`, or `[2 * channels]` with `avg+max` */
function pool({rows, columns, values}: LastMap, pooling: Pooling): Float64Array {
  const places = rows * columns;
  const channels = values.length / places;
  const sums = new Float64Array(channels);
  const largest = new Float64Array(channels).fill(-Infinity);
  values.forEach((value, i) => {
    const channel = i % channels;
    sums[channel]! += value / places;
    largest[channel] = Math.max(largest[channel]!, value);
  });
  return pooling === 'avg' ? sums : Float64Array.of(...sums, ...largest);
}

/** The layer and a ReLU. */
function applyDense({weight, bias}: DenseWeights, inputs: Float64Array): Float64Array {
  const width = inputs.length;
  return Float64Array.from(bias, (shift, output) => {
    let sum = shift;
    for (let i = 0; i < width; i++) sum += weight[output * width + i]! * inputs[i]!;
    return Math.max(0, sum);
  });
}

/** Gradient by the inputs of a layer. @param gradient by its outputs */
function backThroughDense({weight, bias}: DenseWeights, gradient: Float64Array): Float64Array {
  const width = weight.length / bias.length;
  const result = new Float64Array(width);
  gradient.forEach((factor, output) => {
    if (factor !== 0)
      for (let i = 0; i < width; i++) result[i]! += factor * weight[output * width + i]!;
  });
  return result;
}

/** Gradient of the logit of a class by the pooled features. */
function gradientOfLogit(
  {pooling, layers}: HeadWeights,
  map: LastMap,
  classIndex: number,
): Float64Array {
  const hidden = layers.slice(0, -1);
  const last = layers.at(-1)!;
  const width = last.weight.length / last.bias.length;
  const row = last.weight.subarray(classIndex * width, (classIndex + 1) * width);
  if (hidden.length === 0) return Float64Array.from(row);
  const activations: Float64Array[] = [];
  for (const layer of hidden)
    activations.push(applyDense(layer, activations.at(-1) ?? pool(map, pooling)));
  return hidden.reduceRight<Float64Array>((gradient, layer, i) => {
    const active = gradient.map((value, output) => (activations[i]![output]! > 0 ? value : 0));
    return backThroughDense(layer, active);
  }, Float64Array.from(row));
}

/**
 * Grad-CAM of the last feature map (https://arxiv.org/abs/1610.02391): channels weighted by the gradient of the logit, summed over the
 * map. The gradient of an average is the same everywhere, and that of a maximum falls on one place, so the sums are those by the pooled
 * features. With average pooling and one layer, the gradient is the weight of the class and the map is the class activation map (Zhou et
 * al., https://arxiv.org/abs/1512.04150), whose mean is the logit but for the bias and for what is cut off at 0.
 */
export function gradCam(map: LastMap, head: HeadWeights, classIndex: number): ActivationMap {
  const {rows, columns, values} = map;
  const channels = values.length / (rows * columns);
  const gradient = gradientOfLogit(head, map, classIndex);
  const weightOf = (channel: number): number =>
    gradient[channel]! + (head.pooling === 'avg' ? 0 : gradient[channels + channel]!);
  const weights = Float64Array.from({length: channels}, (_, channel) => weightOf(channel));
  const evidence = Float32Array.from({length: rows * columns}, (_, place) => {
    const sum = weights.reduce((total, w, i) => total + w * values[place * channels + i]!, 0);
    return Math.max(0, sum);
  });
  return {rows, columns, values: evidence};
}
