import type {BlockBuilder, ConvOptions, FeatureMap} from './layers.js';
import type {ResNetSpec, ResNetVariant} from './resnet-columns.js';

/** Input of the first layer: normalized RGB images. */
const IMAGES: FeatureMap = {name: 'images', channels: 3, reduction: 1};

/** A convolution of a stem and the names of the layers behind it. */
type StemConv = ConvOptions & {readonly name: string; readonly norm: string; readonly relu: string};

/** Convolutions of a stem, by its output channels. Those of a deep stem have timm's names. */
const STEM_CONVS: Readonly<Record<ResNetSpec['stem'], (channels: number) => StemConv[]>> = {
  standard: channels => [
    {name: 'conv1', norm: 'bn1', relu: 'relu', kernel: 7, stride: 2, channels},
  ],
  small: channels => [{name: 'conv1', norm: 'bn1', relu: 'relu', kernel: 3, channels}],
  deep: channels => {
    const inner = {kernel: 3, channels: channels / 2};
    return [
      {name: 'conv1.0', norm: 'conv1.1', relu: 'conv1.2', ...inner, stride: 2},
      {name: 'conv1.3', norm: 'conv1.4', relu: 'conv1.5', ...inner},
      {name: 'conv1.6', norm: 'bn1', relu: 'relu', kernel: 3, channels},
    ];
  },
};

function poolStem(
  builder: BlockBuilder,
  x: FeatureMap,
  {antialiased, poolPadding}: ResNetSpec,
): FeatureMap {
  if (antialiased) return builder.averagePool(x, 'maxpool', 2);
  const window = {size: 3, stride: 2};
  if (poolPadding === 'lowest') return builder.maxPool(x, 'maxpool', {...window, padding: 1});
  return builder.maxPool(builder.pad(x, 'maxpool.pad', 1), 'maxpool', {...window, padding: 0});
}

/** `[n, s, s, 3] -> [n, s/4, s/4, width]`, or `[n, s, s, width]` by a small stem. The first block of a pre-activation network normalizes it. */
export function buildStem(builder: BlockBuilder, spec: ResNetSpec): FeatureMap {
  const {stem, stageWidths, preActivation, hasBiases} = spec;
  const convs = STEM_CONVS[stem](stageWidths[0]!);
  const y = convs.reduce((x, {name, norm, relu, ...options}) => {
    const conv = builder.conv(x, name, {...options, hasBias: hasBiases});
    return preActivation ? conv : builder.relu(builder.norm(conv, norm), relu);
  }, IMAGES);
  return stem === 'small' ? y : poolStem(builder, y, spec);
}

/** The stage width that `widthPerGroup` refers to. */
const BASE_WIDTH = 64;

export interface BlockOptions extends Pick<ResNetVariant, 'strideIn1x1'> {
  readonly spec: ResNetSpec;
  readonly width: number;
  readonly stride: number;
}

/** Convolutions of a residual path, by type of block. */
const PATH_CONVS: Readonly<
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

/** Convolutions, each followed by a batch norm, with relus between them. A pool may take the place of a stride. */
function buildPath(
  builder: BlockBuilder,
  x: FeatureMap,
  name: string,
  options: BlockOptions,
): FeatureMap {
  const {antialiased, block} = options.spec;
  const convs = PATH_CONVS[block](options);
  return convs.reduce((y, conv, i) => {
    const before = convs[i - 1]?.stride ?? 1;
    const activated = i === 0 ? y : builder.relu(y, `${name}.relu${i}`);
    const input =
      antialiased && before > 1 ? builder.averagePool(activated, `${name}.aa`, before) : activated;
    const own = antialiased ? {...conv, stride: 1} : conv;
    return builder.norm(builder.conv(input, `${name}.conv${i + 1}`, own), `${name}.bn${i + 1}`);
  }, x);
}

/** Convolutions, each behind a batch norm and a relu. The caller has built the first two. */
function buildPreActivatedPath(
  builder: BlockBuilder,
  activated: FeatureMap,
  name: string,
  options: BlockOptions,
): FeatureMap {
  const {block, hasBiases} = options.spec;
  const convs = PATH_CONVS[block](options);
  return convs.reduce((y, conv, i) => {
    const number = i + 1;
    const input =
      i === 0 ? y : builder.relu(builder.norm(y, `${name}.bn${number}`), `${name}.relu${number}`);
    const hasBias = hasBiases && number === convs.length;
    return builder.conv(input, `${name}.conv${number}`, {...conv, hasBias});
  }, activated);
}

/** Convolution and batch norm of a shortcut. A pre-activation network has no norm here. */
function buildProjection(
  builder: BlockBuilder,
  x: FeatureMap,
  name: string,
  {channels, reduction}: FeatureMap,
  {projection, preActivation, hasBiases}: ResNetSpec,
): FeatureMap {
  const stride = reduction / x.reduction;
  const options = {kernel: 1, channels, hasBias: hasBiases};
  if (projection === 'strided') {
    const conv = builder.conv(x, `${name}.downsample.0`, {...options, stride});
    return preActivation ? conv : builder.norm(conv, `${name}.downsample.1`);
  }
  const input = stride === 1 ? x : builder.averagePool(x, `${name}.downsample.0`, stride);
  return builder.norm(builder.conv(input, `${name}.downsample.1`, options), `${name}.downsample.2`);
}

/**
 * The identity, if the path does not change the shape of the map.
 * @param x input of the block
 * @param activated input of the path: the same, or in a pre-activation network `x` behind a batch norm and a relu
 */
function buildShortcut(
  builder: BlockBuilder,
  [x, activated]: readonly [FeatureMap, FeatureMap],
  name: string,
  path: FeatureMap,
  spec: ResNetSpec,
): FeatureMap {
  const {channels, reduction} = path;
  const isWider = channels !== x.channels;
  if (spec.shortcut === 'C' || (spec.shortcut === 'B' && isWider))
    return buildProjection(builder, activated, name, path, spec);
  const input = isWider ? activated : x;
  const stride = reduction / x.reduction;
  const sampled =
    stride === 1
      ? input
      : builder.maxPool(input, `${name}.downsample`, {size: 1, stride, padding: 0});
  return isWider ? builder.padChannels(sampled, `${name}.padding`, channels) : sampled;
}

/** `relu(path(x) + shortcut(x))` (He et al., https://arxiv.org/abs/1512.03385, figures 2 and 5); plain: `relu(path(x))` */
function buildOriginal(
  builder: BlockBuilder,
  x: FeatureMap,
  name: string,
  options: BlockOptions,
): FeatureMap {
  const {spec} = options;
  const path = buildPath(builder, x, name, options);
  if (spec.shortcut === 'none') return builder.relu(path, `${name}.relu`);
  const shortcut = buildShortcut(builder, [x, x], name, path, spec);
  return builder.relu(builder.add(path, shortcut, `${name}.add`), `${name}.relu`);
}

/** `path(relu(norm(x))) + shortcut` (He et al., https://arxiv.org/abs/1603.05027, figure 1b) */
function buildPreActivated(
  builder: BlockBuilder,
  x: FeatureMap,
  name: string,
  options: BlockOptions,
): FeatureMap {
  const activated = builder.relu(builder.norm(x, `${name}.bn1`), `${name}.relu1`);
  const path = buildPreActivatedPath(builder, activated, name, options);
  const shortcut = buildShortcut(builder, [x, activated], name, path, options.spec);
  return builder.add(path, shortcut, `${name}.add`);
}

/** A residual block, or a plain one. */
export const buildBlock = (
  builder: BlockBuilder,
  x: FeatureMap,
  name: string,
  options: BlockOptions,
): FeatureMap =>
  (options.spec.preActivation ? buildPreActivated : buildOriginal)(builder, x, name, options);

/** Batch norm and relu behind the last block of a pre-activation network. */
export const buildFinalNorm = (builder: BlockBuilder, x: FeatureMap, name: string): FeatureMap =>
  builder.relu(builder.norm(x, name), `${name}.relu`);
