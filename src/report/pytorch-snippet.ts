import {featureWidth, networkLayers} from '../backbones/network.js';
import {stageCount, STAGES, type BackboneSpec} from '../backbones/resnet-specs.js';
import {publishedMetadata} from '../backbones/weights/weights-metadata.js';
import {computeFillColor, type Preprocessing} from '../core/preprocessing.js';
import {denseLayers, type HeadSpec} from '../heads/head.js';
import type {RunRecord} from './run-record.js';

/** Code that removes the stages after the last one. torchvision's network always has all stages. */
const cutStages = ({arch, lastStage}: BackboneSpec): string[] =>
  STAGES.slice(lastStage, stageCount(arch)).map(
    stage => `network.layer${stage} = torch.nn.Identity()`,
  );

/** Stages, as torchvision's modules, whose first convolution has the stride. */
const stridedStages = (spec: BackboneSpec, network: string): string[] =>
  networkLayers(spec)
    .filter(layer => layer.kind === 'conv' && layer.stride > 1 && layer.name.endsWith('.0.conv1'))
    .map(({name}) => `${network}.${name.split('.')[0]}`);

/**
 * Code that adapts torchvision's network to weights of another variant. Tensor shapes do not reveal the variant.
 * @param network name of the variable
 * @param norm class of its batch norms
 */
export function variantLines(
  spec: BackboneSpec,
  network = 'network',
  norm = 'torch.nn.BatchNorm2d',
): string[] {
  const torchvision = {...spec, ...publishedMetadata(spec.arch)};
  const expected = stridedStages(torchvision, network);
  const stages = stridedStages(spec, network).filter(stage => !expected.includes(stage));
  const strides = [
    `for stage in [${stages.join(', ')}]:  # the stride is on the first convolution`,
    '    stage[0].conv1.stride, stage[0].conv2.stride = (2, 2), (1, 1)',
  ];
  const epsilon = [
    `for module in ${network}.modules():`,
    `    if isinstance(module, ${norm}):`,
    `        module.eps = ${spec.batchNormEpsilon}`,
  ];
  return [
    ...(stages.length > 0 ? strides : []),
    ...(spec.batchNormEpsilon === torchvision.batchNormEpsilon ? [] : epsilon),
  ];
}

function headLines(spec: HeadSpec, width: number, classes: number): string[] {
  const [first, second] = denseLayers(spec, width, classes);
  const linear = (layer: {inputs: number; outputs: number}): string =>
    `torch.nn.Linear(${layer.inputs}, ${layer.outputs})`;
  const pool = [
    'class AverageAndMaximum(torch.nn.Module):',
    '    def forward(self, x):',
    '        return torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)',
    '',
    'network.avgpool = AverageAndMaximum()',
  ];
  const fc =
    second === undefined
      ? linear(first!)
      : `torch.nn.Sequential(${linear(first!)}, torch.nn.ReLU(), torch.nn.Dropout(), ${linear(second)})`;
  return [...(spec.pooling === 'avg' ? [] : pool), `network.fc = ${fc}`];
}

/** Code for the steps from an image to a square. */
function resizeLines(preprocessing: Preprocessing): string[] {
  const {resizeSize, cropSize, fit = 'crop'} = preprocessing;
  const size = `(${cropSize}, ${cropSize})`;
  const steps = {
    crop: [`transforms.Resize(${resizeSize}),`, `transforms.CenterCrop(${cropSize}),`],
    squash: [`transforms.Resize(${size}),`],
    pad: [
      `transforms.Lambda(lambda x: ImageOps.pad(x, ${size}, Image.Resampling.BILINEAR, color=(${computeFillColor(preprocessing).join(', ')}))),`,
    ],
  };
  return steps[fit];
}

function transformLines(preprocessing: Preprocessing): string[] {
  const {channelOrder, scale, mean, std} = preprocessing;
  const tuple = (values: readonly number[]): string => `(${values.join(', ')})`;
  const order = channelOrder === 'bgr' ? ['x.flip(0)'] : [];
  const factor = Math.abs(255 * scale - 1) < 1e-9 ? [] : [`${255 * scale}`];
  const change = [...(order.length > 0 ? order : factor.length > 0 ? ['x'] : []), ...factor].join(
    ' * ',
  );
  return [
    'preprocess = transforms.Compose([',
    ...resizeLines(preprocessing).map(step => `    ${step}`),
    '    transforms.ToTensor(),  # 0..1',
    ...(change === ''
      ? []
      : [
          `    transforms.Lambda(lambda x: ${change}),${channelOrder === 'bgr' ? '  # blue first' : ''}`,
        ]),
    `    transforms.Normalize(${tuple(mean)}, ${tuple(std)}),`,
    '])',
  ];
}

/** Renders Python code that loads `model.safetensors` of an exported model into torchvision's adapted network and classifies one image. */
export function pytorchSnippet(
  {spec, head: headSpec, preprocessing}: RunRecord['network'],
  classes: number,
): string {
  return [
    'import torch',
    'from PIL import Image, ImageOps',
    'from safetensors.torch import load_file',
    'from torchvision import transforms',
    `from torchvision.models import ${spec.arch}`,
    '',
    `network = ${spec.arch}()`,
    ...cutStages(spec),
    ...variantLines(spec),
    ...headLines(headSpec, featureWidth(spec), classes),
    "network.load_state_dict(load_file('model.safetensors'))",
    'network.eval()',
    '',
    ...transformLines(preprocessing),
    "image = ImageOps.exif_transpose(Image.open('image.jpg')).convert('RGB')",
    'with torch.no_grad():',
    '    probabilities = network(preprocess(image)[None]).softmax(1)[0]',
    "labels = open('labels.txt', encoding='utf-8').read().splitlines()",
    'print(labels[probabilities.argmax()], probabilities.max().item())',
  ].join('\n');
}
