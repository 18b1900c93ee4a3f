import type {ConvNorm} from '../layers.js';
import {networkConvNorms} from '../network.js';
import {STAGES, stageCount, type Arch} from '../resnet-specs.js';
import {TORCHVISION_METADATA} from './weights-metadata.js';

/** Names of a convolution and of the batch norm behind it. */
type ConvNormNames = readonly [conv: string, norm: string];

/** What the parameters of a layer are called, by what torchvision calls them. */
interface ParameterNames {
  /** Between the layer's name and the parameter's. */
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
 * How a library calls the parts of a ResNet. In the templates `{s}` is the stage, from 1, `{b}` the block, from 0, and `{k}` the
 * convolution, from 1; `{s+1}` adds to it, and `{b:a}` is its letter. Where there are several names, files have one of them.
 */
export interface NamingScheme {
  readonly name: string;
  readonly stem: readonly ConvNormNames[];
  readonly conv: readonly ConvNormNames[];
  readonly shortcut: readonly ConvNormNames[];
  /** What the names of all that lies in a stage begin with: what else is found there belongs to another kind of network. */
  readonly stage: readonly string[];
  readonly parameters: ParameterNames;
  /** Keras' filters are HWIO, torch's OIHW. */
  readonly channels: 'first' | 'last';
  /** What files under these names are known to be, unless they say otherwise (provenance.ts). */
  readonly metadata?: Readonly<Record<string, string>>;
}

const SHORTCUTS: readonly ConvNormNames[] = [
  ['downsample.0', 'downsample.1'],
  ['shortcut.0', 'shortcut.1'],
  ['downsample.conv', 'downsample.bn'],
  ['downsample.conv', 'downsample.norm'],
  ['shortcut.conv', 'shortcut.bn'],
];

/** Children of blocks that keep torchvision's names, in stages of any names. */
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

/** The children of a ResNet in an nn.Sequential, as fastai and many feature extractors keep them; without relu and pool there are fewer. */
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

/** Every scheme that is known, the most usual first. */
export const NAMING_SCHEMES: readonly NamingScheme[] = [
  {
    // timm, MMPretrain, torchvision's detectors, MoCo, DINO and most others name alike, below prefixes of their own.
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
    // Stride and colors as its configuration has them by default (detectron2/config/defaults.py).
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
    // This project's own exports for tfjs, which say what they are.
    name: 'finetune for tfjs',
    stem: [['conv1', 'bn1']],
    conv: [['layer{s}.{b}.conv{k}', 'layer{s}.{b}.bn{k}']],
    shortcut: [['layer{s}.{b}.downsample.0', 'layer{s}.{b}.downsample.1']],
    stage: ['layer{s}.'],
    parameters: KERAS,
    channels: 'last',
  },
];

interface BlockPosition {
  readonly s?: number;
  readonly b?: number;
  readonly k?: number;
}

const fillTemplate = (template: string, position: BlockPosition): string =>
  template.replace(
    /\{([sbk])([+-]\d)?(:a)?\}/g,
    (_, index: 's' | 'b' | 'k', increment = '0', letter?: string) => {
      const value = position[index]! + Number(increment);
      return letter === undefined ? String(value) : String.fromCharCode(97 + value);
    },
  );

/** The names under which a scheme knows a unit. */
function convNormNames(scheme: NamingScheme, {conv: {name}}: ConvNorm): readonly ConvNormNames[] {
  const [, s, b, k] = /^layer(\d)\.(\d+)\.(?:conv(\d)|downsample\.0)$/.exec(name) ?? [];
  if (s === undefined) return scheme.stem;
  const position = {s: Number(s), b: Number(b), k: Number(k)};
  const templates = k === undefined ? scheme.shortcut : scheme.conv;
  return templates.map(([conv, norm]): ConvNormNames => [
    fillTemplate(conv, position),
    fillTemplate(norm, position),
  ]);
}

/**
 * Torchvision's keys by the scheme's names, of the whole network, biases of convolutions included: a file may have them, though no
 * network here does.
 */
export function schemeNames(scheme: NamingScheme, arch: Arch): Map<string, string> {
  const spec = {arch, lastStage: stageCount(arch), ...TORCHVISION_METADATA};
  const {separator, ...parameters} = scheme.parameters;
  const keys = new Map<string, string>();
  for (const convNorm of networkConvNorms(spec)) {
    for (const [conv, norm] of convNormNames(scheme, convNorm)) {
      for (const [layer, key, kind] of [
        [conv, convNorm.conv.name, 'conv'],
        [norm, convNorm.norm.name, 'norm'],
      ] as const) {
        for (const [parameter, names] of Object.entries(parameters[kind])) {
          for (const name of names) keys.set(`${layer}${separator}${name}`, `${key}.${parameter}`);
        }
      }
    }
  }
  return keys;
}

/** What the names in the stages begin with, under a scheme. */
export const stagePrefixes = ({stage}: NamingScheme): string[] =>
  STAGES.flatMap(s => stage.map(template => fillTemplate(template, {s})));
