import {
  BlockBuilder,
  type Block,
  type ConvNorm,
  type ConvOptions,
  type FeatureMap,
  type Layer,
} from './layers.js';
import {RESNETS, type BackboneSpec, type ResNetSpec, type ResNetVariant} from './resnet-specs.js';

/** Input of the first layer: normalized RGB images. */
const IMAGES: FeatureMap = {name: 'images', channels: 3, reduction: 1};

/** `[n, s, s, 3] -> [n, s/4, s/4, 64]` */
function buildStem(builder: BlockBuilder, {stageWidths}: ResNetSpec): FeatureMap {
  const conv = builder.conv(IMAGES, 'conv1', {kernel: 7, stride: 2, channels: stageWidths[0]!});
  return builder.maxPool(builder.relu(builder.norm(conv, 'bn1'), 'relu'), 'maxpool', 3, 2);
}

/** The stage width that `widthPerGroup` refers to. */
const BASE_WIDTH = 64;

interface BlockOptions extends ResNetVariant {
  readonly spec: ResNetSpec;
  readonly width: number;
  readonly stride: number;
}

/** Convolutions of a residual path, by type of block. */
const RESIDUAL_PATHS: Readonly<
  Record<ResNetSpec['block'], (options: BlockOptions) => readonly ConvOptions[]>
> = {
  basic: ({width, stride}) => [
    {kernel: 3, channels: width, stride},
    {kernel: 3, channels: width},
  ],
  bottleneck: ({spec: {groups, widthPerGroup}, width, stride, strideIn1x1}) => {
    const inner = Math.floor((width * widthPerGroup) / BASE_WIDTH) * groups;
    return [
      {kernel: 1, channels: inner, stride: strideIn1x1 ? stride : 1},
      {kernel: 3, channels: inner, stride: strideIn1x1 ? 1 : stride, groups},
      {kernel: 1, channels: 4 * width},
    ];
  },
};

/** Convolutions, each followed by a batch norm, with relus between them. */
function buildPath(
  builder: BlockBuilder,
  x: FeatureMap,
  name: string,
  convs: readonly ConvOptions[],
): FeatureMap {
  return convs.reduce((y, conv, i) => {
    const input = i === 0 ? y : builder.relu(y, `${name}.relu${i}`);
    return builder.norm(builder.conv(input, `${name}.conv${i + 1}`, conv), `${name}.bn${i + 1}`);
  }, x);
}

/** A projection if the path changes the size of the map, else the identity (He et al., section 3.3, option B). */
function buildShortcut(
  builder: BlockBuilder,
  x: FeatureMap,
  name: string,
  {channels, reduction}: FeatureMap,
): FeatureMap {
  const stride = reduction / x.reduction;
  if (stride === 1 && channels === x.channels) return x;
  const projected = builder.conv(x, `${name}.downsample.0`, {kernel: 1, channels, stride});
  return builder.norm(projected, `${name}.downsample.1`);
}

/** `relu(path(x) + shortcut(x))` (He et al., figures 2 and 5) */
function buildResidual(
  builder: BlockBuilder,
  x: FeatureMap,
  name: string,
  options: BlockOptions,
): FeatureMap {
  const path = buildPath(builder, x, name, RESIDUAL_PATHS[options.spec.block](options));
  const shortcut = buildShortcut(builder, x, name, path);
  return builder.relu(builder.add(path, shortcut, `${name}.add`), `${name}.relu`);
}

function resolveNetwork(spec: ResNetSpec, variant: ResNetVariant): readonly Block[] {
  const blocks: Block[] = [];
  const put = (group: number, build: (builder: BlockBuilder) => FeatureMap): FeatureMap => {
    const builder = new BlockBuilder(group, variant.batchNormEpsilon);
    const output = build(builder);
    blocks.push(builder.build());
    return output;
  };
  let x = put(0, builder => buildStem(builder, spec));
  spec.blocksPerStage.forEach((count, stage) => {
    const width = spec.stageWidths[stage]!;
    for (let index = 0; index < count; index++) {
      const name = `layer${stage + 1}.${index}`;
      const options = {...variant, spec, width, stride: index === 0 && stage > 0 ? 2 : 1};
      const input = x;
      x = put(stage + 1, builder => buildResidual(builder, input, name, options));
    }
  });
  return blocks;
}

const resolvedNetworks = new Map<string, readonly Block[]>();

/** All blocks of a network, built once per network and variant. */
function wholeNetwork({arch, strideIn1x1, batchNormEpsilon}: BackboneSpec): readonly Block[] {
  const key = `${arch} ${strideIn1x1} ${batchNormEpsilon}`;
  const blocks =
    resolvedNetworks.get(key) ?? resolveNetwork(RESNETS[arch], {strideIn1x1, batchNormEpsilon});
  resolvedNetworks.set(key, blocks);
  return blocks;
}

/**
 * Blocks of some layer groups, from input to output. Group 0 is the stem; the others are the stages.
 * @param until one past the last group
 */
export const networkBlocks = (
  spec: BackboneSpec,
  from = 0,
  until: number = spec.lastStage + 1,
): readonly Block[] =>
  wholeNetwork(spec).filter(({group}) => group >= from && group < until && group <= spec.lastStage);

/** Layers of some layer groups, from input to output. Everything else is derived from this list. */
export const networkLayers = (
  spec: BackboneSpec,
  from = 0,
  until: number = spec.lastStage + 1,
): readonly Layer[] => networkBlocks(spec, from, until).flatMap(({layers}) => layers);

/** Convolutions of some layer groups, each with its batch norm. */
export const networkConvNorms = (
  spec: BackboneSpec,
  from = 0,
  until: number = spec.lastStage + 1,
): readonly ConvNorm[] =>
  networkBlocks(spec, from, until)
    .flatMap(({steps}) => steps)
    .filter(step => step.kind === 'convNorm');

/** Channels of the last feature map: the width of the pooled features. */
export const featureWidth = (spec: BackboneSpec): number => networkLayers(spec).at(-1)!.channels;

/** Shapes of all tensors of a backbone by state-dict key, in torchvision's layout (OIHW), batch-norm statistics included. */
export function backboneShapes(spec: BackboneSpec): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const layer of networkLayers(spec)) {
    const {kind, name, channels} = layer;
    if (kind === 'conv') {
      const {inChannels, groups, kernel} = layer;
      shapes.set(`${name}.weight`, [channels, inChannels / groups, kernel, kernel]);
    }
    if (kind === 'norm')
      for (const parameter of ['weight', 'bias', 'running_mean', 'running_var'])
        shapes.set(`${name}.${parameter}`, [channels]);
  }
  return shapes;
}

/** Number of trainable parameters, including a linear head of `classes` outputs. Batch-norm statistics do not count. */
export function countParameters(spec: BackboneSpec, classes: number): number {
  let count = classes * (featureWidth(spec) + 1);
  for (const [name, shape] of backboneShapes(spec)) {
    if (!name.includes('.running_')) count += shape.reduce((a, b) => a * b, 1);
  }
  return count;
}
