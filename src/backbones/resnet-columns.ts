/** A residual network: a row of `RESNETS`. Its layers, shapes and names are derived from it (network.ts). */
export interface ResNetSpec extends ResNetVariant {
  /** Two 3x3 convolutions, or a 3x3 between two 1x1 (He et al., https://arxiv.org/abs/1512.03385, figure 5). */
  readonly block: 'basic' | 'bottleneck';
  readonly blocksPerStage: readonly number[];
  /** Output channels of a basic block in each stage; a bottleneck has four times as many. */
  readonly stageWidths: readonly number[];
  /** Groups of a bottleneck's 3x3 convolution (Xie et al., https://arxiv.org/abs/1611.05431). */
  readonly groups: number;
  /** Channels per group in a stage of width 64; they grow with the stage width. */
  readonly widthPerGroup: number;
  /**
   * A 7x7 convolution and a max pool, a 3x3 convolution alone (He et al., section 4.2), or three 3x3 and a max pool (He et al.,
   * https://arxiv.org/abs/1812.01187, ResNet-C).
   */
  readonly stem: 'standard' | 'small' | 'deep';
  /**
   * Shortcut around a block that changes the shape of its input (He et al., section 4.1): A subsamples and adds channels of zeros on
   * both sides, B projects, C projects around every block. Plain networks have none.
   */
  readonly shortcut: 'A' | 'B' | 'C' | 'none';
  /** What halves the map of a projection: its stride, or an average pool before it (https://arxiv.org/abs/1812.01187, ResNet-D). */
  readonly projection: 'strided' | 'pooled';
  /** Average pools in place of the stem's max pool and of strided 3x3 convolutions (https://arxiv.org/abs/2001.06268). */
  readonly antialiased: boolean;
  /** Batch norm and relu before each convolution, none after the addition (He et al., https://arxiv.org/abs/1603.05027). */
  readonly preActivation: boolean;
  /** The block that halves the map: the first of the later stages, or the last of the earlier ones. */
  readonly stridedBlock: 'first' | 'last';
  /** Whether convolutions without a batch norm after them have a bias. */
  readonly hasBiases: boolean;
  /** What surrounds the input of the stem's max pool: zeros, or values that never win. Behind a relu both give the same. */
  readonly poolPadding: 'zeros' | 'lowest';
  /** Whether torchvision has the network, under the same name. */
  readonly inTorchvision: boolean;
  /** Images that the network was designed for: their size and normalization (weights-metadata.ts). */
  readonly input: 'imagenet' | 'inception' | 'cifar';
}

/** Properties needed to run a set of weights. Shapes do not reveal them. A row has the values of its publisher. */
export interface ResNetVariant {
  /**
   * Whether the first 1x1 convolution of a bottleneck has the stride, as in Keras; otherwise the 3x3 has it, as in torchvision ("v1.5").
   */
  readonly strideIn1x1: boolean;
  readonly batchNormEpsilon: number;
}
