/** A ResNet architecture: a row of `RESNETS`. Everything else is derived from it (network.ts). */
export interface ResNetSpec {
  /** Two 3x3 convolutions, or a 3x3 between two 1x1 (He et al., figure 5). */
  readonly block: 'basic' | 'bottleneck';
  readonly blocksPerStage: readonly number[];
  /** Output channels of a basic block in each stage; a bottleneck has four times as many. */
  readonly stageWidths: readonly number[];
  /** Groups of a bottleneck's 3x3 convolution (Xie et al., https://arxiv.org/abs/1611.05431). */
  readonly groups: number;
  /** Channels per group in a stage of width 64; they grow with the stage width. */
  readonly widthPerGroup: number;
}

const IMAGENET = {stageWidths: [64, 128, 256, 512], groups: 1, widthPerGroup: 64} as const;

const DEPTH_50 = {...IMAGENET, block: 'bottleneck', blocksPerStage: [3, 4, 6, 3]} as const;
const DEPTH_101 = {...IMAGENET, block: 'bottleneck', blocksPerStage: [3, 4, 23, 3]} as const;

/** Table 1 of He et al., https://arxiv.org/abs/1512.03385 */
export const RESNETS = {
  resnet18: {...IMAGENET, block: 'basic', blocksPerStage: [2, 2, 2, 2]},
  resnet34: {...IMAGENET, block: 'basic', blocksPerStage: [3, 4, 6, 3]},
  resnet50: DEPTH_50,
  resnet101: DEPTH_101,
  resnet152: {...IMAGENET, block: 'bottleneck', blocksPerStage: [3, 8, 36, 3]},
  // Xie et al., https://arxiv.org/abs/1611.05431, table 1; the larger ones are torchvision's
  resnext50_32x4d: {...DEPTH_50, groups: 32, widthPerGroup: 4},
  resnext101_32x8d: {...DEPTH_101, groups: 32, widthPerGroup: 8},
  resnext101_64x4d: {...DEPTH_101, groups: 64, widthPerGroup: 4},
  // Zagoruyko & Komodakis, https://arxiv.org/abs/1605.07146: inner convolutions of twice the width
  wide_resnet50_2: {...DEPTH_50, widthPerGroup: 128},
  wide_resnet101_2: {...DEPTH_101, widthPerGroup: 128},
} as const satisfies Record<string, ResNetSpec>;

export type Arch = keyof typeof RESNETS;
export const ARCHS = Object.keys(RESNETS) as Arch[];

export type LastStage = 1 | 2 | 3 | 4;

/** The last stage of a complete network. */
export const stageCount = (arch: Arch): LastStage =>
  RESNETS[arch].blocksPerStage.length as LastStage;

/** The stages of the longest network: 1, 2, ... */
export const STAGES: readonly LastStage[] = Array.from(
  {length: Math.max(...ARCHS.map(stageCount))},
  (_, i) => (i + 1) as LastStage,
);

/** Properties needed to run a set of weights. Shapes do not reveal them, so they have no default. */
export interface ResNetVariant {
  /**
   * Whether the first 1x1 convolution of a bottleneck has the stride, as in Keras; otherwise the 3x3 has it, as in torchvision ("v1.5").
   */
  readonly strideIn1x1: boolean;
  readonly batchNormEpsilon: number;
}

/** A backbone: everything its layers depend on. */
export interface BackboneSpec extends ResNetVariant {
  readonly arch: Arch;
  /** The last stage of the backbone; the head follows it. */
  readonly lastStage: LastStage;
}
