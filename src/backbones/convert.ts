import type {HostTensor} from '../core/host-tensor.js';
import type {WeightsFile} from './readers/weights-file.js';

/** What the weights of Keras Applications' ResNet-50/101/152 need to be run as trained (keras/src/applications/resnet.py, `ResNet`). */
const KERAS_METADATA: Readonly<Record<string, string>> = {
  stride_on: '1x1',
  batch_norm_epsilon: '1.001e-5',
  preprocessing: 'caffe: BGR, minus 103.939 116.779 123.68, no scaling',
};

/** What Keras and tfjs call the weights of a layer, and what torchvision does. */
const PARAMETERS: ReadonlyMap<string | undefined, string> = new Map([
  ['kernel', 'weight'],
  ['bias', 'bias'],
  ['gamma', 'weight'],
  ['beta', 'bias'],
  ['moving_mean', 'running_mean'],
  ['moving_variance', 'running_var'],
]);

/** Layers that this project's exports name as torchvision names its modules. */
const TORCHVISION_LAYER = /^(?:conv1|bn1|layer[1-4]\.\d+\.(?:conv[123]|bn[123]|downsample\.[01])|fc(?:\.\w+)*)$/;

/** The layer that normalises pixels in this project's exports (export/layers-model.ts); `preprocessing` in the metadata says the same. */
const isNormalisation = (name: string, {metadata}: WeightsFile): boolean =>
  metadata.preprocessing !== undefined && /^normalise\/(?:kernel|bias)$/.test(name);

/** Keras Applications' layers outside the stages; the classifier by their versions. */
const SINGLE_LAYERS: ReadonlyMap<string, string> = new Map([
  ['conv1_conv', 'conv1'],
  ['conv1_bn', 'bn1'],
  ['probs', 'fc'],
  ['predictions', 'fc'],
  ['fc1000', 'fc'],
]);

/** `conv3_block1_0_bn` -> `layer2.0.downsample.1`; undefined for a name that is not of Keras Applications' ResNets. */
function kerasLayer(layer: string): string | undefined {
  const [, stage, block, index, kind] = /^conv([2-5])_block(\d+)_([0-3])_(conv|bn)$/.exec(layer) ?? [];
  if (index === undefined) return SINGLE_LAYERS.get(layer);
  const module = index === '0' ? `downsample.${kind === 'conv' ? 0 : 1}` : `${kind}${index}`;
  return `layer${Number(stage) - 1}.${Number(block) - 1}.${module}`;
}

/** `resnet50/conv1_conv/kernel:0` -> layer `conv1_conv`, parameter `kernel` */
function torchvisionName(name: string): {key: string; isKeras: boolean} | undefined {
  const [parameter, layer] = name.replace(/:0$/, '').split('/').reverse();
  const torchvisionParameter = PARAMETERS.get(parameter);
  if (layer === undefined || torchvisionParameter === undefined) return undefined;
  const module = TORCHVISION_LAYER.test(layer) ? layer : kerasLayer(layer);
  return module === undefined ? undefined : {key: `${module}.${torchvisionParameter}`, isKeras: module !== layer};
}

/** Moves the two channel axes to the front, output first: HWIO -> OIHW, `[in, out]` -> `[out, in]`. */
function channelsFirst({shape, data}: HostTensor): HostTensor {
  if (shape.length < 2) return {shape, data};
  const [inputs, outputs] = shape.slice(-2) as [number, number];
  const window = shape.slice(0, -2);
  const pixels = window.reduce((product, extent) => product * extent, 1);
  const moved = new Float32Array(data.length);
  let from = 0;
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let input = 0; input < inputs; input++) {
      for (let output = 0; output < outputs; output++) moved[(output * inputs + input) * pixels + pixel] = data[from++]!;
    }
  }
  return {shape: [outputs, inputs, ...window], data: moved};
}

/** The batch norm behind a convolution, by torchvision's module names. */
const normOf = (conv: string): string => conv.replace(/conv(?=\d$)/, 'bn').replace(/downsample\.0$/, 'downsample.1');

/**
 * Takes the convolutions' biases away: `bn(conv + bias)` is `bn(conv)` with `bias` less in its running mean. torchvision has none.
 * A bias without a batch norm of its width stays, for the strict load to complain about.
 */
function foldBiases(tensors: ReadonlyMap<string, HostTensor>): Map<string, HostTensor> {
  const folded = new Map(tensors);
  for (const [name, bias] of tensors) {
    const conv = /^(.*(?:conv\d|downsample\.0))\.bias$/.exec(name)?.[1];
    const meanName = `${normOf(conv ?? '')}.running_mean`;
    const mean = tensors.get(meanName);
    if (conv === undefined || mean?.data.length !== bias.data.length) continue;
    folded.set(meanName, {shape: mean.shape, data: mean.data.map((value, channel) => value - bias.data[channel]!)});
    folded.delete(name);
  }
  return folded;
}

/**
 * Weights under torchvision's names and in its layout, from a file of Keras Applications or a tfjs model of them or of this project.
 * Files that have torchvision's names already, and names that belong to neither, are left as they are: a strict load tells what is wrong.
 */
export function toTorchvision(file: WeightsFile): WeightsFile {
  if (file.format !== 'keras-h5' && file.format !== 'tfjs') return file;
  let isKeras = false;
  const tensors = new Map<string, HostTensor>();
  for (const [name, tensor] of file.tensors) {
    if (isNormalisation(name, file)) continue;
    const known = torchvisionName(name);
    const isNew = known !== undefined && !tensors.has(known.key);
    isKeras ||= isNew && known.isKeras;
    tensors.set(isNew ? known.key : name, isNew ? channelsFirst(tensor) : tensor);
  }
  return {...file, metadata: isKeras ? {...KERAS_METADATA, ...file.metadata} : file.metadata, tensors: foldBiases(tensors)};
}
