import {getKernel, getVector, type ParameterMap} from '../../backbones/parameters.js';
import {forward, type Interpreter} from '../../backbones/forward.js';
import type {ConvLayer, Layer, MaxPoolLayer, PadChannelsLayer} from '../../backbones/layers.js';
import {networkLayers} from '../../backbones/network.js';
import type {Preprocessing} from '../../core/preprocessing.js';
import {depthwiseFilter} from '../../backend/ops/convolution-grouped.js';
import {
  tf,
  type LayersModel,
  type SymbolicTensor,
  type Tensor,
  type Tensor4D,
} from '../../backend/tensorflow.js';
import type {Classifier} from '../../heads/classifier.js';
import type {DenseSpec, HeadSpec} from '../../heads/head.js';

/** Applies a layer to one or several symbolic tensors. */
export const applyLayer = (
  layer: {apply(x: SymbolicTensor | SymbolicTensor[]): unknown},
  x: SymbolicTensor | SymbolicTensor[],
): SymbolicTensor => layer.apply(x) as SymbolicTensor;

/** Initializers for all layers. Weights are set after the model is built; random initial values would cost time here and at every load. */
const ZEROS = {kernelInitializer: 'zeros', biasInitializer: 'zeros'} as const;

const padded = (x: SymbolicTensor, padding: number, name: string): SymbolicTensor =>
  padding === 0 ? x : applyLayer(tf.layers.zeroPadding2d({padding, name}), x);

/**
 * Replaces the channels of a map by other trailing dimensions of the same product. `Reshape` needs all sides but one; where the map has
 * neither height nor width, it is applied row by row.
 */
function reshapeChannels(
  name: string,
  x: SymbolicTensor,
  [height, width]: readonly (number | null)[],
  channels: readonly number[],
): SymbolicTensor {
  const {reshape, timeDistributed} = tf.layers;
  if (height !== null && width !== null)
    return applyLayer(reshape({name, targetShape: [height!, width!, ...channels]}), x);
  const layer = reshape({targetShape: [-1, ...channels]});
  return applyLayer(timeDistributed({name, layer}), x);
}

/**
 * Grouped convolution, which tf.layers lacks: a depthwise convolution, then the mean over the channels of each group. The kernel is
 * multiplied by the number of those channels.
 */
function groupLayers(
  {name, groups, inChannels, channels}: ConvLayer,
  products: SymbolicTensor,
): SymbolicTensor {
  const size = products.shape.slice(1, 3);
  const poolSize: [number, number, number] = [1, 1, inChannels / groups];
  const mean = tf.layers.averagePooling3d({name: `${name}.mean`, poolSize, strides: poolSize});
  const split = reshapeChannels(`${name}.split`, products, size, [inChannels, channels / groups]);
  return reshapeChannels(`${name}.join`, applyLayer(mean, split), size, [channels]);
}

/**
 * Convolution. At stride 1 'same' pads all sides equally. At stride 2 it pads one side only, but these weights were trained with symmetric
 * padding.
 */
function convolve(conv: ConvLayer, x: SymbolicTensor): SymbolicTensor {
  const {name, kernel, stride, padding, groups, channels, hasBias} = conv;
  const shared = {
    ...{name, kernelSize: kernel, strides: stride, useBias: hasBias},
    padding: stride === 1 ? ('same' as const) : ('valid' as const),
  };
  const input = stride === 1 ? x : padded(x, padding, `${name}.pad`);
  if (groups === 1)
    return applyLayer(tf.layers.conv2d({...ZEROS, ...shared, filters: channels}), input);
  const depthwise = tf.layers.depthwiseConv2d({
    ...{...shared, depthMultiplier: channels / groups},
    depthwiseInitializer: 'zeros',
  });
  return groupLayers(conv, applyLayer(depthwise, input));
}

/** Kernel that `convolve` stores for a filter. */
export const layerKernel = ({groups, inChannels}: ConvLayer, filter: Tensor4D): Tensor4D =>
  groups === 1 ? filter : tf.mul(depthwiseFilter(filter, groups), inChannels / groups);

/** A pool whose border never wins, which tf.layers lacks at stride 2, is one of stride 1 and every `stride`-th of its values. */
function maxPool({name, size, stride, padding}: MaxPoolLayer, x: SymbolicTensor): SymbolicTensor {
  const {maxPooling2d} = tf.layers;
  const poolSize = size;
  if (padding === 0)
    return applyLayer(maxPooling2d({name, poolSize, strides: stride, padding: 'valid'}), x);
  const windows = maxPooling2d({name: `${name}.windows`, poolSize, strides: 1, padding: 'same'});
  return applyLayer(
    maxPooling2d({name, poolSize: 1, strides: stride, padding: 'valid'}),
    applyLayer(windows, x),
  );
}

/** Zeros around channels, which tf.layers has around rows only: the axes trade places. */
function padChannels({name, before, after}: PadChannelsLayer, x: SymbolicTensor): SymbolicTensor {
  const {permute, zeroPadding2d} = tf.layers;
  const swap = (swapName: string, y: SymbolicTensor): SymbolicTensor =>
    applyLayer(permute({name: swapName, dims: [3, 2, 1]}), y);
  const padding: [[number, number], [number, number]] = [
    [before, after],
    [0, 0],
  ];
  const rows = applyLayer(zeroPadding2d({name, padding}), swap(`${name}.rows`, x));
  return swap(`${name}.channels`, rows);
}

/** Builds the network from standard layers, named by torchvision's module paths. */
export const layersInterpreter: Interpreter<SymbolicTensor> = {
  conv: convolve,
  norm: ({name, epsilon}, x) => applyLayer(tf.layers.batchNormalization({name, epsilon}), x),
  relu: ({name}, x) => applyLayer(tf.layers.activation({activation: 'relu', name}), x),
  pad: ({name, padding}, x) => padded(x, padding, name),
  maxPool,
  averagePool: ({name, size}, x) =>
    applyLayer(
      tf.layers.averagePooling2d({poolSize: size, strides: size, padding: 'same', name}),
      x,
    ),
  padChannels,
  add: ({name}, a, b) => applyLayer(tf.layers.add({name}), [a, b]),
  scope: block => block(),
};

function poolLayers({pooling}: HeadSpec, features: SymbolicTensor): SymbolicTensor {
  const average = applyLayer(tf.layers.globalAveragePooling2d({name: 'avgpool'}), features);
  if (pooling === 'avg') return average;
  const maximum = applyLayer(tf.layers.globalMaxPooling2d({name: 'globalmaxpool'}), features);
  return applyLayer(tf.layers.concatenate({name: 'pooled'}), [average, maximum]);
}

const dense = (x: SymbolicTensor, {name, outputs, relu}: DenseSpec): SymbolicTensor =>
  applyLayer(
    tf.layers.dense({...ZEROS, name, units: outputs, activation: relu ? 'relu' : 'linear'}),
    x,
  );

const NORMALIZE = 'normalize';

/**
 * Channel order, scale, mean and standard deviation as one 1x1 convolution. It precedes the zero padding of the first convolution, so that
 * the padding has the same meaning as in training.
 * @returns kernel `[1, 1, 3, 3]` and bias `[3]`
 */
function normalizeWeights({channelOrder, scale, mean, std}: Preprocessing): Tensor[] {
  const kernel = tf.buffer([1, 1, 3, 3]);
  std.forEach((channelStd, to) =>
    kernel.set(scale / channelStd, 0, 0, channelOrder === 'bgr' ? 2 - to : to, to),
  );
  const bias = mean.map((value, channel) => -value / std[channel]!);
  return [kernel.toTensor(), tf.tensor1d(bias)];
}

/** Adds the layer that normalizes pixels. @param pixels RGB 0..255, `[n, h, w, 3]` */
export const normalizePixels = (pixels: SymbolicTensor): SymbolicTensor =>
  applyLayer(
    tf.layers.conv2d({...ZEROS, name: NORMALIZE, filters: 3, kernelSize: 1, trainable: false}),
    pixels,
  );

const namedWeights = (weights: ParameterMap, prefix: string, parts: readonly string[]): Tensor[] =>
  parts.map(part => getVector(weights, `${prefix}.${part}`));

/** Sets the weights of the normalization and of network layers. Intermediate tensors belong to the scope of the caller. */
export function setBackboneWeights(
  model: LayersModel,
  layers: readonly Layer[],
  {preprocessing, weights}: Pick<Classifier, 'preprocessing' | 'weights'>,
): void {
  const set = (layer: string, values: Tensor[]): void => model.getLayer(layer).setWeights(values);
  set(NORMALIZE, normalizeWeights(preprocessing));
  for (const layer of layers) {
    const {kind, name} = layer;
    if (kind === 'conv')
      set(name, [
        layerKernel(layer, getKernel(weights, `${name}.weight`)),
        ...(layer.hasBias ? [getVector(weights, `${name}.bias`)] : []),
      ]);
    if (kind === 'norm')
      set(name, namedWeights(weights, name, ['weight', 'bias', 'running_mean', 'running_var']));
  }
}

function setWeights(model: LayersModel, classifier: Classifier): void {
  const {spec, layers, weights} = classifier;
  setBackboneWeights(model, networkLayers(spec), classifier);
  for (const {name} of layers)
    model.getLayer(name).setWeights(namedWeights(weights, name, ['weight', 'bias']));
}

/**
 * Converts a classifier to a tfjs LayersModel of standard layers: the network of `forward`, preceded by normalization and followed by a
 * softmax. Input: RGB 0..255, float32 `[n, cropSize, cropSize, 3]`. Output: probabilities `[n, classes]`. Weights are copied on write, so
 * the model does not change with the classifier. The caller disposes the model.
 */
export function toLayersModel(classifier: Classifier): LayersModel {
  const {spec, head, layers, preprocessing} = classifier;
  const pixels = tf.input({
    shape: [preprocessing.cropSize, preprocessing.cropSize, 3],
    name: 'pixels',
  });
  const features = forward(layersInterpreter, spec, normalizePixels(pixels));
  const logits = layers.reduce(dense, poolLayers(head, features));
  const probabilities = applyLayer(
    tf.layers.activation({activation: 'softmax', name: 'probabilities'}),
    logits,
  );
  const model = tf.model({inputs: pixels, outputs: probabilities, name: spec.arch});
  tf.tidy(() => setWeights(model, classifier));
  return model;
}
