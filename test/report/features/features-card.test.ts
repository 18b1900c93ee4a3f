import {expect} from 'chai';
import type {BackboneSpec} from '../../../src/backbones/resnet-specs.js';
import {tapNetwork} from '../../../src/backbones/taps.js';
import {CAFFE_PREPROCESSING, TORCHVISION_PREPROCESSING} from '../../../src/core/preprocessing.js';
import {differsFromTorchvision, featuresCard} from '../../../src/report/features/features-card.js';

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

const cardOf = (
  spec: BackboneSpec,
  names: readonly string[],
  preprocessing = TORCHVISION_PREPROCESSING,
  origin = '/private/weights.pth',
): string => featuresCard({spec, features: tapNetwork(spec, names).taps, preprocessing, origin});

describe('the card of exported features', () => {
  it('lists the maps, and names the weights without their folder', () => {
    const card = cardOf(TORCHVISION, ['c3', 'c5']);
    expect(card).to.contain(`| c3 | \`layer2.1.relu\` | 8 | 128 |
| c5 | \`layer4.1.relu\` | 32 | 512 |
`);
    expect(card).to.contain('weights.pth').and.to.not.contain('private');
  });

  it('takes one map of tfjs as a tensor, and several as a list', () => {
    expect(cardOf(TORCHVISION, ['c3', 'c5'])).to.contain('const [c3, c5] = model.predict(pixels);');
    expect(cardOf(TORCHVISION, ['c4'])).to.contain('const c4 = model.predict(pixels);');
  });

  it("loads the weights into torchvision's backbone", () => {
    const card = cardOf(TORCHVISION, ['c2', 'c3', 'c4', 'c5']);
    expect(card).to
      .contain(`backbone = resnet_fpn_backbone(backbone_name='resnet18', weights=None, returned_layers=[1, 2, 3, 4])
backbone.body.load_state_dict(load_file('backbone.safetensors'))
# Its images are RGB, 0..1.
detector = FasterRCNN(backbone, num_classes=2, image_mean=(0.485, 0.456, 0.406), image_std=(0.229, 0.224, 0.225))
`);
    expect(differsFromTorchvision(TORCHVISION)).to.equal(false);
  });

  it('adapts the backbone where the weights are of another variant', () => {
    const card = cardOf(KERAS, ['c3', 'c4'], CAFFE_PREPROCESSING);
    expect(card).to.contain('another variant').and.to
      .contain(`backbone = resnet_fpn_backbone(backbone_name='resnet50', weights=None, returned_layers=[2, 3])
for stage in [backbone.body.layer2, backbone.body.layer3]:  # the stride is on the first convolution
    stage[0].conv1.stride, stage[0].conv2.stride = (2, 2), (1, 1)
for module in backbone.body.modules():
    if isinstance(module, FrozenBatchNorm2d):
        module.eps = 0.00001001
backbone.body.load_state_dict(load_file('backbone.safetensors'))
# Its images are RGB, 0..1, with blue first: image.flip(0)
detector = FasterRCNN(backbone, num_classes=2, image_mean=(0.4076039, 0.4579569, 0.4850196), image_std=(0.003921569, 0.003921569, 0.003921569))
`);
    expect(differsFromTorchvision(KERAS)).to.equal(true);
    expect(differsFromTorchvision({...KERAS, strideIn1x1: false})).to.equal(true);
  });

  it('gives no code for a network that torchvision lacks', () => {
    const card = cardOf({...TORCHVISION, arch: 'resnetv2_18'}, ['c2']);
    expect(card).to.contain('torchvision has no network of this kind').and.not.to.contain('python');
  });
});
