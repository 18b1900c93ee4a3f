import {BlockBuilder, type Block, type ConvNorm, type FeatureMap, type Layer} from './layers.js';
import {buildBlock, buildFinalNorm, buildStem} from './residual-blocks.js';
import {archSpec, stageCount, type BackboneSpec} from './resnet-specs.js';

/** Name of the batch norm behind the last stage of a pre-activation network. */
export const finalNorm = (lastStage: number): string => `layer${lastStage}.norm`;

/**
 * Pre-activation networks normalize the output of their last block. One that ends early takes the batch norm of the next block, which was
 * trained on the same map.
 * @returns the name of that norm by the name of the final one; empty for a complete network
 */
export function borrowedNorm({arch, lastStage}: BackboneSpec): ReadonlyMap<string, string> {
  const isBorrowed = archSpec(arch).preActivation && lastStage < stageCount(arch);
  return new Map(isBorrowed ? [[finalNorm(lastStage), `layer${lastStage + 1}.0.bn1`]] : []);
}

function resolveNetwork({arch, lastStage, strideIn1x1, batchNormEpsilon}: BackboneSpec): Block[] {
  const spec = archSpec(arch);
  const blocks: Block[] = [];
  const put = (group: number, build: (builder: BlockBuilder) => FeatureMap): FeatureMap => {
    const builder = new BlockBuilder(group, batchNormEpsilon);
    const output = build(builder);
    blocks.push(builder.build());
    return output;
  };
  let x = put(0, builder => buildStem(builder, spec));
  spec.blocksPerStage.slice(0, lastStage).forEach((count, stage) => {
    const width = spec.stageWidths[stage]!;
    const isHalved = spec.stridedBlock === 'first' ? stage > 0 : stage < stageCount(arch) - 1;
    const strided = spec.stridedBlock === 'first' ? 0 : count - 1;
    for (let index = 0; index < count; index++) {
      const name = `layer${stage + 1}.${index}`;
      const stride = isHalved && index === strided ? 2 : 1;
      const input = x;
      x = put(stage + 1, builder =>
        buildBlock(builder, input, name, {strideIn1x1, spec, width, stride}),
      );
    }
  });
  if (spec.preActivation)
    put(lastStage, builder => buildFinalNorm(builder, x, finalNorm(lastStage)));
  return blocks;
}

const resolvedNetworks = new Map<string, readonly Block[]>();

/** All blocks of a backbone, built once. */
function allBlocks(spec: BackboneSpec): readonly Block[] {
  const {arch, lastStage, strideIn1x1, batchNormEpsilon} = spec;
  const key = `${arch} ${lastStage} ${strideIn1x1} ${batchNormEpsilon}`;
  const blocks = resolvedNetworks.get(key) ?? resolveNetwork(spec);
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
): readonly Block[] => allBlocks(spec).filter(({group}) => group >= from && group < until);

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
      const {inChannels, groups, kernel, hasBias} = layer;
      shapes.set(`${name}.weight`, [channels, inChannels / groups, kernel, kernel]);
      if (hasBias) shapes.set(`${name}.bias`, [channels]);
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
