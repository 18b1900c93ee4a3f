import {expect} from 'chai';
import type {BackboneSpec} from '../../src/backbones/resnet-specs.js';
import {CAFFE_PREPROCESSING, TORCHVISION_PREPROCESSING} from '../../src/core/preprocessing.js';
import type {HeadSpec} from '../../src/heads/head.js';
import {pytorchSnippet} from '../../src/report/pytorch-snippet.js';

const TORCHVISION: BackboneSpec = {
  arch: 'resnet18',
  lastStage: 4,
  strideIn1x1: false,
  batchNormEpsilon: 1e-5,
};
const KERAS: BackboneSpec = {
  arch: 'resnet50',
  lastStage: 3,
  strideIn1x1: true,
  batchNormEpsilon: 1.001e-5,
};
const LINEAR: HeadSpec = {type: 'linear', pooling: 'avg', dropout: 0};

describe('the Python of the model card', () => {
  it("is torchvision's network with another last layer", () => {
    const python = pytorchSnippet(
      {spec: TORCHVISION, head: LINEAR, preprocessing: TORCHVISION_PREPROCESSING},
      37,
    );
    expect(python).to.contain(`network = resnet18()
network.fc = torch.nn.Linear(512, 37)
network.load_state_dict(load_file('model.safetensors'))`);
    expect(python).to.contain(`    transforms.ToTensor(),  # 0..1
    transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),`);
  });

  it('changes stages, strides, epsilon, colors and scale where the weights are of another variant', () => {
    const python = pytorchSnippet(
      {spec: KERAS, head: LINEAR, preprocessing: CAFFE_PREPROCESSING},
      2,
    );
    expect(python).to.contain(`network = resnet50()
network.layer4 = torch.nn.Identity()
for stage in [network.layer2, network.layer3]:  # the stride is on the first convolution
    stage[0].conv1.stride, stage[0].conv2.stride = (2, 2), (1, 1)
for module in network.modules():
    if isinstance(module, torch.nn.BatchNorm2d):
        module.eps = 0.00001001
network.fc = torch.nn.Linear(1024, 2)
`);
    expect(python).to.contain(`    transforms.Lambda(lambda x: x.flip(0) * 255),  # blue first
    transforms.Normalize((103.939, 116.779, 123.68), (1, 1, 1)),`);
  });

  it('builds the head that was trained', () => {
    const head: HeadSpec = {type: 'mlp', pooling: 'avg+max', dropout: 0.5};
    const python = pytorchSnippet(
      {spec: TORCHVISION, head, preprocessing: TORCHVISION_PREPROCESSING},
      3,
    );
    expect(python).to.contain(`        return torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1)

network.avgpool = AverageAndMaximum()
network.fc = torch.nn.Sequential(torch.nn.Linear(1024, 512), torch.nn.ReLU(), torch.nn.Dropout(), torch.nn.Linear(512, 3))
`);
  });
});
