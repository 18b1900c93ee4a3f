import type {ResNetSpec} from './resnet-columns.js';

/** torchvision's networks (torchvision/models/resnet.py). */
const IMAGENET = {
  stageWidths: [64, 128, 256, 512],
  groups: 1,
  widthPerGroup: 64,
  stem: 'standard',
  shortcut: 'B',
  projection: 'strided',
  antialiased: false,
  preActivation: false,
  stridedBlock: 'first',
  hasBiases: false,
  poolPadding: 'zeros',
  inTorchvision: true,
  input: 'imagenet',
  strideIn1x1: false,
  batchNormEpsilon: 1e-5,
} as const;

/** Table 1 of He et al., https://arxiv.org/abs/1512.03385 */
const DEPTH_18 = {...IMAGENET, block: 'basic', blocksPerStage: [2, 2, 2, 2]} as const;
const DEPTH_34 = {...IMAGENET, block: 'basic', blocksPerStage: [3, 4, 6, 3]} as const;
const DEPTH_50 = {...IMAGENET, block: 'bottleneck', blocksPerStage: [3, 4, 6, 3]} as const;
const DEPTH_101 = {...IMAGENET, block: 'bottleneck', blocksPerStage: [3, 4, 23, 3]} as const;
const DEPTH_152 = {...IMAGENET, block: 'bottleneck', blocksPerStage: [3, 8, 36, 3]} as const;

const ELSEWHERE = {inTorchvision: false} as const;
const PLAIN = {...ELSEWHERE, shortcut: 'none'} as const;

/** timm/models/resnet.py */
const DEPTH_50D = {...DEPTH_50, ...ELSEWHERE, stem: 'deep', projection: 'pooled'} as const;

/** timm/models/resnetv2.py, without its suffixes */
const TIMM_V2 = {
  ...ELSEWHERE,
  preActivation: true,
  poolPadding: 'lowest',
  input: 'inception',
} as const;

/** keras/src/applications/resnet_v2.py */
const KERAS_V2 = {
  ...TIMM_V2,
  stridedBlock: 'last',
  hasBiases: true,
  poolPadding: 'zeros',
  batchNormEpsilon: 1.001e-5,
} as const;

/** He et al., section 4.2: 6n + 2 layers for images of 32 pixels. */
const CIFAR = {
  ...IMAGENET,
  ...ELSEWHERE,
  block: 'basic',
  stageWidths: [16, 32, 64],
  stem: 'small',
  shortcut: 'A',
  input: 'cifar',
} as const;

const DEPTH_20 = {...CIFAR, blocksPerStage: [3, 3, 3]} as const;
const DEPTH_32 = {...CIFAR, blocksPerStage: [5, 5, 5]} as const;
const DEPTH_44 = {...CIFAR, blocksPerStage: [7, 7, 7]} as const;
const DEPTH_56 = {...CIFAR, blocksPerStage: [9, 9, 9]} as const;
const DEPTH_110 = {...CIFAR, blocksPerStage: [18, 18, 18]} as const;
const DEPTH_1202 = {...CIFAR, blocksPerStage: [200, 200, 200]} as const;

/** 9n + 2 layers (https://arxiv.org/abs/1603.05027, section 4), strides as in the authors' code. */
const CIFAR_BOTTLENECK = {
  ...CIFAR,
  block: 'bottleneck',
  shortcut: 'B',
  preActivation: true,
  strideIn1x1: true,
} as const;

/** Every network. To add one, add a row. */
export const RESNETS = {
  resnet18: DEPTH_18,
  resnet34: DEPTH_34,
  resnet50: DEPTH_50,
  resnet101: DEPTH_101,
  resnet152: DEPTH_152,
  // Xie et al., https://arxiv.org/abs/1611.05431, table 1; 8d and 64x4d are torchvision's
  resnext50_32x4d: {...DEPTH_50, groups: 32, widthPerGroup: 4},
  resnext101_32x4d: {...DEPTH_101, ...ELSEWHERE, groups: 32, widthPerGroup: 4},
  resnext101_32x8d: {...DEPTH_101, groups: 32, widthPerGroup: 8},
  resnext101_64x4d: {...DEPTH_101, groups: 64, widthPerGroup: 4},
  // Zagoruyko & Komodakis, https://arxiv.org/abs/1605.07146: inner convolutions of twice the width
  wide_resnet50_2: {...DEPTH_50, widthPerGroup: 128},
  wide_resnet101_2: {...DEPTH_101, widthPerGroup: 128},

  resnet50d: DEPTH_50D,
  resnetaa50d: {...DEPTH_50D, antialiased: true},

  resnetv2_18: {...DEPTH_18, ...TIMM_V2},
  resnetv2_34: {...DEPTH_34, ...TIMM_V2},
  resnetv2_50: {...DEPTH_50, ...TIMM_V2},
  resnetv2_101: {...DEPTH_101, ...TIMM_V2},
  resnetv2_152: {...DEPTH_152, ...TIMM_V2},
  resnet50v2: {...DEPTH_50, ...KERAS_V2},
  resnet101v2: {...DEPTH_101, ...KERAS_V2},
  resnet152v2: {...DEPTH_152, ...KERAS_V2},

  // Table 3 of He et al. names the shortcuts A, B and C.
  resnet18_a: {...DEPTH_18, ...ELSEWHERE, shortcut: 'A'},
  resnet18_c: {...DEPTH_18, ...ELSEWHERE, shortcut: 'C'},
  resnet34_a: {...DEPTH_34, ...ELSEWHERE, shortcut: 'A'},
  resnet34_c: {...DEPTH_34, ...ELSEWHERE, shortcut: 'C'},
  plain18: {...DEPTH_18, ...PLAIN},
  plain34: {...DEPTH_34, ...PLAIN},

  resnet20: DEPTH_20,
  resnet32: DEPTH_32,
  resnet44: DEPTH_44,
  resnet56: DEPTH_56,
  resnet110: DEPTH_110,
  resnet1202: DEPTH_1202,
  resnet20_b: {...DEPTH_20, shortcut: 'B'},
  resnet32_b: {...DEPTH_32, shortcut: 'B'},
  resnet44_b: {...DEPTH_44, shortcut: 'B'},
  resnet56_b: {...DEPTH_56, shortcut: 'B'},
  resnet110_b: {...DEPTH_110, shortcut: 'B'},
  resnet1202_b: {...DEPTH_1202, shortcut: 'B'},
  resnet20_c: {...DEPTH_20, shortcut: 'C'},
  resnet32_c: {...DEPTH_32, shortcut: 'C'},
  resnet44_c: {...DEPTH_44, shortcut: 'C'},
  resnet56_c: {...DEPTH_56, shortcut: 'C'},
  resnet110_c: {...DEPTH_110, shortcut: 'C'},
  resnet1202_c: {...DEPTH_1202, shortcut: 'C'},
  plain20: {...DEPTH_20, ...PLAIN},
  plain32: {...DEPTH_32, ...PLAIN},
  plain44: {...DEPTH_44, ...PLAIN},
  plain56: {...DEPTH_56, ...PLAIN},
  plain110: {...DEPTH_110, ...PLAIN},
  preact_resnet110: {...DEPTH_110, preActivation: true},
  preact_resnet164: {...CIFAR_BOTTLENECK, blocksPerStage: [18, 18, 18]},
  preact_resnet1001: {...CIFAR_BOTTLENECK, blocksPerStage: [111, 111, 111]},
} as const satisfies Record<string, ResNetSpec>;
