import {basename} from 'node:path';
import {archSpec, type BackboneSpec} from '../../backbones/resnet-specs.js';
import type {Tap} from '../../backbones/taps.js';
import type {Preprocessing} from '../../core/preprocessing.js';
import {escapeMarkdown} from '../../core/text/printable.js';
import {variantLines} from '../pytorch-snippet.js';

/** Exported features that a card describes. */
export interface FeaturesCardData {
  /** The backbone, up to the stage of the last map. */
  readonly spec: BackboneSpec;
  readonly features: readonly Tap[];
  readonly preprocessing: Preprocessing;
  /** Initial weights: the name of published weights, a file name, or `none`. */
  readonly origin: string;
}

const BODY = 'backbone.body';

const adaptations = (spec: BackboneSpec): string[] => variantLines(spec, BODY, 'FrozenBatchNorm2d');

/** Whether torchvision's network computes something else with the same weights, and has to be adapted first. */
export const differsFromTorchvision = (spec: BackboneSpec): boolean =>
  archSpec(spec.arch).inTorchvision && adaptations(spec).length > 0;

/** Arguments of a detector: its mean and standard deviation are those of pixels 0..1. */
function normalizationArguments({scale, mean, std}: Preprocessing): string {
  const tuple = (values: readonly number[]): string =>
    `(${values.map(value => Number((value / (255 * scale)).toPrecision(7))).join(', ')})`;
  return `image_mean=${tuple(mean)}, image_std=${tuple(std)}`;
}

/** Python code that puts the weights into a detector of torchvision. */
function detectorSnippet({spec, features, preprocessing}: FeaturesCardData): string {
  const stages = features.map(({name}) => Number(name.slice(1)) - 1);
  const lines = adaptations(spec);
  const input =
    preprocessing.channelOrder === 'bgr'
      ? ['# Its images are RGB, 0..1, with blue first: image.flip(0)']
      : ['# Its images are RGB, 0..1.'];
  return [
    'import torch',
    'from safetensors.torch import load_file',
    'from torchvision.models.detection import FasterRCNN',
    'from torchvision.models.detection.backbone_utils import resnet_fpn_backbone',
    ...(lines.length > 0 ? ['from torchvision.ops import FrozenBatchNorm2d'] : []),
    '',
    `backbone = resnet_fpn_backbone(backbone_name='${spec.arch}', weights=None, returned_layers=[${stages.join(', ')}])`,
    ...lines,
    `${BODY}.load_state_dict(load_file('backbone.safetensors'))`,
    ...input,
    `detector = FasterRCNN(backbone, num_classes=2, ${normalizationArguments(preprocessing)})`,
  ].join('\n');
}

const tfjsSnippet = (features: readonly Tap[]): string => {
  const names = features.map(({name}) => name);
  const result = names.length === 1 ? names[0]! : `[${names.join(', ')}]`;
  return [
    "const model = await tf.loadLayersModel('model.json');",
    `const ${result} = model.predict(pixels); // float32 [n, height, width, 3]`,
  ].join('\n');
};

function pytorchSection(data: FeaturesCardData): string {
  if (!archSpec(data.spec.arch).inTorchvision)
    return `\`backbone.safetensors\` holds the weights, without a head. torchvision has no network of this kind.`;
  const adapted = differsFromTorchvision(data.spec)
    ? ' These weights are of another variant than its own, so the code adapts it first.'
    : '';
  return `\`backbone.safetensors\` holds the same weights, without a head, for torchvision's detectors.${adapted}

\`\`\`python
${detectorSnippet(data)}
\`\`\``;
}

/** Renders the `README.md` of exported features. */
export const featuresCard = (data: FeaturesCardData): string => `# Feature maps of ${data.spec.arch}

A backbone without a head, for detectors. Its weights are from ${escapeMarkdown(basename(data.origin))}.

| Map | Output of | Stride | Channels |
| --- | --- | --- | --- |
${data.features.map(({name, layer, stride, channels}) => `| ${name} | \`${layer}\` | ${stride} | ${channels} |`).join('\n')}

A map has one pixel per stride, rounded up. \`features.json\` has the same numbers.

Input of \`model.json\`: RGB, 0..255, of any size. Normalization is inside the model.

\`\`\`js
${tfjsSnippet(data.features)}
\`\`\`

${pytorchSection(data)}
`;
