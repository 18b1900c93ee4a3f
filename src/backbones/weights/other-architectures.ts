import type {BackboneCandidate} from './backbone-search.js';
import type {StoredTensors} from '../readers/weights-file.js';

interface ArchitectureHint {
  readonly name: string;
  /** @param names names of all tensors in the file */
  readonly matches: (
    names: readonly string[],
    tensors: StoredTensors,
    bestCandidate: BackboneCandidate | undefined,
  ) => boolean;
}

const hasNameMatching =
  (pattern: RegExp): ArchitectureHint['matches'] =>
  names =>
    names.some(name => pattern.test(name));

const candidateShape = (
  bestCandidate: BackboneCandidate | undefined,
  key: string,
): readonly number[] => bestCandidate?.tensors.get(key)?.tensor.shape ?? [];

/** Networks that are often mistaken for a supported one, with their distinguishing features, the most reliable first. */
const ARCHITECTURE_HINTS: readonly ArchitectureHint[] = [
  {
    name: 'SE-ResNet (squeeze and excitation)',
    matches: hasNameMatching(/layer\d\.\d+\.(?:se|se_module|fc[12])\./),
  },
  {
    name: 'ResNet with attention (ECA or CBAM)',
    matches: hasNameMatching(/layer\d\.\d+\.(?:eca|attn|cbam|ca|sa)\./),
  },
  {name: 'CLIP image encoder', matches: hasNameMatching(/attnpool\./)},
  {name: 'ResNet-IBN', matches: hasNameMatching(/\.bn1\.(?:IN|BN)\./)},
  {
    name: 'ResNet with a deep stem (ResNet-C or ResNet-D)',
    matches: hasNameMatching(/(?:^|\.)(?:conv1\.[03]|stem\.[036])\.weight$/),
  },
  {
    name: 'pre-activation ResNet',
    matches: hasNameMatching(/(?:stages\.\d\.blocks\.\d+\.norm1|preact)/),
  },
  {
    name: 'vision transformer',
    matches: hasNameMatching(/(?:patch_embed|cls_token|pos_embed|patch_embeddings)/),
  },
  {
    name: 'EfficientNet or MobileNet',
    matches: hasNameMatching(/(?:_?depthwise|conv_dw|_project_conv|expand_conv)/),
  },
  {
    name: 'ConvNeXt',
    matches: hasNameMatching(/(?:dwconv|layer_scale|stages\.\d\.blocks\.\d+\.gamma)/),
  },
  {name: 'DenseNet', matches: hasNameMatching(/denseblock\d/)},
  {name: 'VGG, AlexNet or MobileNet', matches: hasNameMatching(/(?:^|\.)features\.\d+\./)},
  {
    name: 'ResNeXt',
    matches: (_, __, bestCandidate) =>
      isNarrower(candidateShape(bestCandidate, 'layer1.0.conv2.weight')),
  },
  {
    name: 'Wide ResNet',
    matches: (_, __, bestCandidate) =>
      isWider(candidateShape(bestCandidate, 'layer1.0.conv2.weight')),
  },
  {
    name: 'ResNet with group norm, or one without statistics of its batch norms',
    matches: (_, __, bestCandidate) =>
      bestCandidate !== undefined &&
      bestCandidate.tensors.has('bn1.weight') &&
      !bestCandidate.tensors.has('bn1.running_mean'),
  },
  {
    name: 'ResNet for small images (CIFAR)',
    matches: (_, __, bestCandidate) => candidateShape(bestCandidate, 'conv1.weight')[2] === 3,
  },
];

const isNarrower = (filter: readonly number[]): boolean =>
  filter.length === 4 && filter[1]! < filter[0]!;
const isWider = (filter: readonly number[]): boolean =>
  filter.length === 4 && filter[0] === filter[1] && filter[0]! > 64;

/** A hint with a trailing space, `It looks like a ResNeXt, which ... `; empty if nothing is recognized. */
export function describeOtherArchitecture(
  tensors: StoredTensors,
  bestCandidate: BackboneCandidate | undefined,
): string {
  const names = [...tensors.keys()];
  const hint = ARCHITECTURE_HINTS.find(({matches}) => matches(names, tensors, bestCandidate));
  return hint === undefined ? '' : `It looks like a network of another kind: ${hint.name}. `;
}
