/** Names of a convolution and of the batch norm with the same number. */
export type ConvNormNames = readonly [conv: string, norm: string];

/** Names of a layer's parameters, by torchvision's name. */
interface ParameterNames {
  /** Separator between the layer's name and the parameter's. */
  readonly separator: '.' | '/';
  readonly conv: Readonly<Record<string, readonly string[]>>;
  readonly norm: Readonly<Record<string, readonly string[]>>;
}

const PYTORCH: ParameterNames = {
  separator: '.',
  conv: {weight: ['weight'], bias: ['bias']},
  norm: {
    weight: ['weight', 'gamma', 'scale'],
    bias: ['bias', 'beta'],
    running_mean: ['running_mean', 'moving_mean', 'mean', '_mean'],
    running_var: ['running_var', 'moving_variance', 'moving_var', 'var', '_variance'],
  },
};

const KERAS: ParameterNames = {
  separator: '/',
  conv: {weight: ['kernel'], bias: ['bias']},
  norm: {
    weight: ['gamma'],
    bias: ['beta'],
    running_mean: ['moving_mean'],
    running_var: ['moving_variance'],
  },
};

/**
 * How a library names the layers of a ResNet. In the templates `{s}` is the stage, from 1, `{b}` the block, from 0, and `{k}` the
 * convolution, from 1. `{s+1}` adds to the number, and `{b:a}` writes it as a letter. If several names are listed, a file uses one of them.
 */
export interface NamingScheme {
  readonly name: string;
  readonly stem: readonly ConvNormNames[];
  readonly conv: readonly ConvNormNames[];
  readonly shortcut: readonly ConvNormNames[];
  /** Names of the batch norms of a pre-activation network, where they are not numbered like convolutions. */
  readonly entryNorm?: string;
  readonly finalNorm?: string;
  /** Layers of deep stems and of pooled projections, which are called here as in these files. */
  readonly same?: readonly string[];
  /** Name prefixes of everything inside a stage. Other names found there belong to another kind of network. */
  readonly stage: readonly string[];
  readonly parameters: ParameterNames;
  /** Layout of filters: HWIO in Keras, OIHW in PyTorch. */
  readonly channels: 'first' | 'last';
  /** Metadata of files with these names, unless they contain their own (weights-metadata.ts). */
  readonly metadata?: Readonly<Record<string, string>>;
}

const SHORTCUTS: readonly ConvNormNames[] = [
  ['downsample.0', 'downsample.1'],
  ['shortcut.0', 'shortcut.1'],
  ['downsample.conv', 'downsample.bn'],
  ['downsample.conv', 'downsample.norm'],
  ['shortcut.conv', 'shortcut.bn'],
];

/** Blocks with torchvision's child names, in stages of any name. */
const torchvisionBlocks = (
  stage: string,
): Pick<NamingScheme, 'conv' | 'shortcut' | 'stage' | 'parameters' | 'channels'> => ({
  conv: [
    [`${stage}{b}.conv{k}`, `${stage}{b}.bn{k}`],
    [`${stage}{b}.conv{k}`, `${stage}{b}.norm{k}`],
  ],
  shortcut: SHORTCUTS.map(([conv, norm]): ConvNormNames => [
    `${stage}{b}.${conv}`,
    `${stage}{b}.${norm}`,
  ]),
  stage: [stage],
  parameters: PYTORCH,
  channels: 'first',
});

/**
 * Numbered children of a ResNet in an nn.Sequential, as in fastai and many feature extractors. Without relu and pool the numbers are lower.
 */
const numberedChildren = (offset: number): NamingScheme => ({
  name: 'numbered children',
  stem:
    offset === 0
      ? [
          ['0.0', '0.1'],
          ['0.conv1', '0.bn1'],
        ]
      : [['0', '1']],
  ...torchvisionBlocks(offset === 0 ? '{s}.' : `{s+${offset}}.`),
});

/** Kernel of a grouped convolution in this project's tfjs exports (export/tfjs/layers-model.ts). */
export const DEPTHWISE_KERNEL = 'depthwise_kernel';

/** timm's names (timm/models/resnet.py). */
const OWN_NAMES = ['conv1.{k}', 'layer{s}.{b}.downsample.1', 'layer{s}.{b}.downsample.2'];

/** All known schemes, the most common first. */
export const NAMING_SCHEMES: readonly NamingScheme[] = [
  {
    // timm, MMPretrain, torchvision's detectors, MoCo, DINO and most others use the same names, below their own prefixes.
    name: 'torchvision',
    stem: [
      ['conv1', 'bn1'],
      ['conv1', 'norm1'],
      ['stem.conv1', 'stem.bn1'],
      ['stem.0', 'stem.1'],
      ['stem.conv', 'stem.bn'],
      ['layer0.conv1', 'layer0.bn1'],
      ['layer0.0', 'layer0.1'],
    ],
    ...torchvisionBlocks('layer{s}.'),
    finalNorm: 'layer{s}.norm',
    same: OWN_NAMES,
  },
  {
    // timm/models/resnetv2.py
    name: 'timm resnetv2',
    stem: [['stem.conv', 'stem.norm']],
    conv: [['stages.{s-1}.blocks.{b}.conv{k}', 'stages.{s-1}.blocks.{b}.norm{k}']],
    shortcut: [
      ['stages.{s-1}.blocks.{b}.downsample.conv', 'stages.{s-1}.blocks.{b}.downsample.norm'],
    ],
    finalNorm: 'norm',
    stage: ['stages.{s-1}.'],
    parameters: PYTORCH,
    channels: 'first',
  },
  {
    name: 'Hugging Face',
    stem: [['embedder.embedder.convolution', 'embedder.embedder.normalization']],
    conv: [
      [
        'encoder.stages.{s-1}.layers.{b}.layer.{k-1}.convolution',
        'encoder.stages.{s-1}.layers.{b}.layer.{k-1}.normalization',
      ],
    ],
    shortcut: [
      [
        'encoder.stages.{s-1}.layers.{b}.shortcut.convolution',
        'encoder.stages.{s-1}.layers.{b}.shortcut.normalization',
      ],
    ],
    stage: ['encoder.stages.{s-1}.'],
    parameters: PYTORCH,
    channels: 'first',
  },
  numberedChildren(3),
  numberedChildren(2),
  numberedChildren(1),
  numberedChildren(0),
  {
    // Stride and channel order are the defaults of its configuration (detectron2/config/defaults.py).
    name: 'detectron2',
    stem: [['stem.conv1', 'stem.conv1.norm']],
    conv: [['res{s+1}.{b}.conv{k}', 'res{s+1}.{b}.conv{k}.norm']],
    shortcut: [['res{s+1}.{b}.shortcut', 'res{s+1}.{b}.shortcut.norm']],
    stage: ['res{s+1}.'],
    parameters: PYTORCH,
    channels: 'first',
    metadata: {stride_on: '1x1', preprocessing: 'caffe: BGR, unscaled'},
  },
  {
    // keras/src/applications/resnet.py
    name: 'Keras Applications',
    stem: [['conv1_conv', 'conv1_bn']],
    conv: [['conv{s+1}_block{b+1}_{k}_conv', 'conv{s+1}_block{b+1}_{k}_bn']],
    shortcut: [['conv{s+1}_block{b+1}_0_conv', 'conv{s+1}_block{b+1}_0_bn']],
    stage: ['conv{s+1}_'],
    parameters: KERAS,
    channels: 'last',
    metadata: {
      stride_on: '1x1',
      batch_norm_epsilon: '1.001e-5',
      preprocessing: 'caffe: BGR, minus 103.939 116.779 123.68, no scaling',
    },
  },
  {
    // keras/src/applications/resnet_v2.py
    name: 'Keras Applications V2',
    stem: [['conv1_conv', 'conv1_bn']],
    conv: [['conv{s+1}_block{b+1}_{k}_conv', 'conv{s+1}_block{b+1}_{k-1}_bn']],
    shortcut: [['conv{s+1}_block{b+1}_0_conv', 'conv{s+1}_block{b+1}_0_bn']],
    entryNorm: 'conv{s+1}_block{b+1}_preact_bn',
    finalNorm: 'post_bn',
    stage: ['conv{s+1}_'],
    parameters: KERAS,
    channels: 'last',
  },
  {
    // Keras until 2.2, after Caffe.
    name: 'Keras 2.0',
    stem: [['conv1', 'bn_conv1']],
    conv: [['res{s+1}{b:a}_branch2{k-1:a}', 'bn{s+1}{b:a}_branch2{k-1:a}']],
    shortcut: [['res{s+1}{b:a}_branch1', 'bn{s+1}{b:a}_branch1']],
    stage: ['res{s+1}', 'bn{s+1}'],
    parameters: KERAS,
    channels: 'last',
    metadata: {
      stride_on: '1x1',
      batch_norm_epsilon: '1e-3',
      preprocessing: 'caffe: BGR, minus 103.939 116.779 123.68, no scaling',
    },
  },
  {
    // This project's own tfjs exports, whose metadata are complete.
    name: 'finetune for tfjs',
    stem: [['conv1', 'bn1']],
    conv: [['layer{s}.{b}.conv{k}', 'layer{s}.{b}.bn{k}']],
    shortcut: [['layer{s}.{b}.downsample.0', 'layer{s}.{b}.downsample.1']],
    finalNorm: 'layer{s}.norm',
    same: OWN_NAMES,
    stage: ['layer{s}.'],
    parameters: {...KERAS, conv: {...KERAS.conv, weight: ['kernel', DEPTHWISE_KERNEL]}},
    channels: 'last',
  },
];
