import type {Candidate} from './find-backbone.js';
import type {StoredTensors} from './readers/weights-file.js';

interface Kind {
  readonly name: string;
  /** @param names of all tensors of the file */
  readonly is: (names: readonly string[], tensors: StoredTensors, best: Candidate | undefined) => boolean;
}

const anyName =
  (pattern: RegExp): Kind['is'] =>
  names =>
    names.some(name => pattern.test(name));

const shapeOf = (best: Candidate | undefined, key: string): readonly number[] => best?.tensors.get(key)?.tensor.shape ?? [];

/** Networks that are often taken for one of ours, by what tells them apart, the surest sign first. */
const KINDS: readonly Kind[] = [
  {name: 'SE-ResNet (squeeze and excitation)', is: anyName(/layer\d\.\d+\.(?:se|se_module|fc[12])\./)},
  {name: 'ResNet with attention (ECA or CBAM)', is: anyName(/layer\d\.\d+\.(?:eca|attn|cbam|ca|sa)\./)},
  {name: 'CLIP image encoder', is: anyName(/attnpool\./)},
  {name: 'ResNet-IBN', is: anyName(/\.bn1\.(?:IN|BN)\./)},
  {name: 'ResNet with a deep stem (ResNet-C or ResNet-D)', is: anyName(/(?:^|\.)(?:conv1\.[03]|stem\.[036])\.weight$/)},
  {name: 'pre-activation ResNet', is: anyName(/(?:stages\.\d\.blocks\.\d+\.norm1|preact)/)},
  {name: 'vision transformer', is: anyName(/(?:patch_embed|cls_token|pos_embed|patch_embeddings)/)},
  {name: 'EfficientNet or MobileNet', is: anyName(/(?:_?depthwise|conv_dw|_project_conv|expand_conv)/)},
  {name: 'ConvNeXt', is: anyName(/(?:dwconv|layer_scale|stages\.\d\.blocks\.\d+\.gamma)/)},
  {name: 'DenseNet', is: anyName(/denseblock\d/)},
  {name: 'VGG, AlexNet or MobileNet', is: anyName(/(?:^|\.)features\.\d+\./)},
  {name: 'ResNeXt', is: (_, __, best) => isNarrower(shapeOf(best, 'layer1.0.conv2.weight'))},
  {name: 'Wide ResNet', is: (_, __, best) => isWider(shapeOf(best, 'layer1.0.conv2.weight'))},
  {
    name: 'ResNet with group norm, or one without statistics of its batch norms',
    is: (_, __, best) => best !== undefined && best.tensors.has('bn1.weight') && !best.tensors.has('bn1.running_mean'),
  },
  {name: 'ResNet for small images (CIFAR)', is: (_, __, best) => shapeOf(best, 'conv1.weight')[2] === 3},
];

const isNarrower = (filter: readonly number[]): boolean => filter.length === 4 && filter[1]! < filter[0]!;
const isWider = (filter: readonly number[]): boolean => filter.length === 4 && filter[0] === filter[1] && filter[0]! > 64;

/** `It looks like a ResNeXt, which ... ` and a space; nothing where there is no sign. */
export function otherKind(tensors: StoredTensors, best: Candidate | undefined): string {
  const names = [...tensors.keys()];
  const kind = KINDS.find(({is}) => is(names, tensors, best));
  return kind === undefined ? '' : `It looks like a network of another kind: ${kind.name}. `;
}
