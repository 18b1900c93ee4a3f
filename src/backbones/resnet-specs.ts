/** A depth of the family. */
export interface ResNetSpec {
  readonly block: 'basic' | 'bottleneck';
  readonly blocksPerStage: readonly [number, number, number, number];
}

/** Table 1 of He et al., https://arxiv.org/abs/1512.03385 */
export const RESNET_SPECS = {
  resnet18: {block: 'basic', blocksPerStage: [2, 2, 2, 2]},
  resnet34: {block: 'basic', blocksPerStage: [3, 4, 6, 3]},
  resnet50: {block: 'bottleneck', blocksPerStage: [3, 4, 6, 3]},
  resnet101: {block: 'bottleneck', blocksPerStage: [3, 4, 23, 3]},
  resnet152: {block: 'bottleneck', blocksPerStage: [3, 8, 36, 3]},
} as const satisfies Record<string, ResNetSpec>;

export type Arch = keyof typeof RESNET_SPECS;
export const ARCHS = Object.keys(RESNET_SPECS) as Arch[];

export type LastStage = 1 | 2 | 3 | 4;

/** What must be known of a set of weights to run them: shapes do not tell these apart, so they are never a default. */
export interface ResNetVariant {
  /** Whether the first 1x1 convolution of a bottleneck carries the stride, as in Keras; else the 3x3 does, as in torchvision ("v1.5"). */
  readonly strideIn1x1: boolean;
  readonly batchNormEpsilon: number;
}

/** The whole of a backbone: everything `forward` and `convolutions` need to know. */
export interface BackboneSpec extends ResNetVariant {
  readonly arch: Arch;
  /** The stage after which the backbone ends and the head begins. */
  readonly lastStage: LastStage;
}

/** One convolution and the batch norm behind it, named as torchvision names them. */
export interface ConvNormSpec {
  /** Key prefix of the convolution: `layer1.0.conv1`. */
  readonly conv: string;
  /** Key prefix of its batch norm: `layer1.0.bn1`. */
  readonly norm: string;
  readonly kernel: 1 | 3 | 7;
  readonly stride: 1 | 2;
  /** Zeros on every side, pixels. */
  readonly padding: number;
  readonly inChannels: number;
  readonly outChannels: number;
}

/** A residual block: `relu(shortcut(x) + path(x))`, relu between the convolutions of the path. */
export interface BlockSpec {
  readonly name: string;
  readonly path: readonly ConvNormSpec[];
  /** Absent where the shortcut is the identity. */
  readonly projection?: ConvNormSpec;
}

export const STEM: ConvNormSpec = {
  conv: 'conv1',
  norm: 'bn1',
  kernel: 7,
  stride: 2,
  padding: 3,
  inChannels: 3,
  outChannels: 64,
};

const expansion = (arch: Arch): number => (RESNET_SPECS[arch].block === 'bottleneck' ? 4 : 1);

/** Channels that leave a stage. */
export const stageChannels = (arch: Arch, stage: number): number =>
  64 * 2 ** (stage - 1) * expansion(arch);

/** Width of the pooled features, and so of the head's input. */
export const featureWidth = (spec: BackboneSpec): number =>
  stageChannels(spec.arch, spec.lastStage);

function residualPath(
  name: string,
  spec: BackboneSpec,
  inChannels: number,
  width: number,
  stride: 1 | 2,
): ConvNormSpec[] {
  const conv = (
    i: number,
    kernel: 1 | 3,
    from: number,
    to: number,
    convStride: 1 | 2,
  ): ConvNormSpec => ({
    conv: `${name}.conv${i}`,
    norm: `${name}.bn${i}`,
    kernel,
    stride: convStride,
    padding: kernel === 3 ? 1 : 0,
    inChannels: from,
    outChannels: to,
  });
  if (RESNET_SPECS[spec.arch].block === 'basic')
    return [conv(1, 3, inChannels, width, stride), conv(2, 3, width, width, 1)];
  return [
    conv(1, 1, inChannels, width, spec.strideIn1x1 ? stride : 1),
    conv(2, 3, width, width, spec.strideIn1x1 ? 1 : stride),
    conv(3, 1, width, 4 * width, 1),
  ];
}

function createBlock(spec: BackboneSpec, stage: number, index: number): BlockSpec {
  const name = `layer${stage}.${index}`;
  const outChannels = stageChannels(spec.arch, stage);
  const isFirstBlock = index === 0;
  const inChannels = !isFirstBlock
    ? outChannels
    : stage === 1
      ? STEM.outChannels
      : stageChannels(spec.arch, stage - 1);
  const stride = isFirstBlock && stage > 1 ? 2 : 1;
  const path = residualPath(name, spec, inChannels, 64 * 2 ** (stage - 1), stride);
  if (stride === 1 && inChannels === outChannels) return {name, path};
  const projection: ConvNormSpec = {
    conv: `${name}.downsample.0`,
    norm: `${name}.downsample.1`,
    kernel: 1,
    stride,
    padding: 0,
    inChannels,
    outChannels,
  };
  return {name, path, projection};
}

/** The blocks of a stage (1..4), input to output. */
export const stageBlocks = (spec: BackboneSpec, stage: number): BlockSpec[] =>
  Array.from({length: RESNET_SPECS[spec.arch].blocksPerStage[stage - 1]!}, (_, index) =>
    createBlock(spec, stage, index),
  );

/** The convolutions of some groups, input to output: groups are numbered 0 (stem), 1..4 (stages); `until` is one past the last. */
export function groupConvolutions(spec: BackboneSpec, from: number, until: number): ConvNormSpec[] {
  const stages = Array.from({length: spec.lastStage}, (_, i) => i + 1).filter(
    stage => stage >= from && stage < until,
  );
  const blocks = stages.flatMap(stage => stageBlocks(spec, stage));
  const stem = from === 0 && until > 0 ? [STEM] : [];
  return [
    ...stem,
    ...blocks.flatMap(({path, projection}) =>
      projection === undefined ? path : [...path, projection],
    ),
  ];
}

/** Every convolution of a backbone, stem first. */
export const convolutions = (spec: BackboneSpec): ConvNormSpec[] =>
  groupConvolutions(spec, 0, spec.lastStage + 1);

/** Shape by state-dict key, torchvision's layout (OIHW), of every tensor of a backbone, batch-norm statistics included. */
export function backboneShapes(spec: BackboneSpec): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const {conv, norm, kernel, inChannels, outChannels} of convolutions(spec)) {
    shapes.set(`${conv}.weight`, [outChannels, inChannels, kernel, kernel]);
    for (const parameter of ['weight', 'bias', 'running_mean', 'running_var'])
      shapes.set(`${norm}.${parameter}`, [outChannels]);
  }
  return shapes;
}

/** Trainable parameters with a linear head of `classes`; batch-norm statistics do not count. */
export function countParameters(spec: BackboneSpec, classes: number): number {
  let count = classes * (featureWidth(spec) + 1);
  for (const [name, shape] of backboneShapes(spec)) {
    if (!name.includes('.running_')) count += shape.reduce((a, b) => a * b, 1);
  }
  return count;
}
