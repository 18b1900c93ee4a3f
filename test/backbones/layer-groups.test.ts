import {expect} from 'chai';
import {
  checkLearningRates,
  computeFrozenDepth,
  getLayerGroup,
  presentLayerGroups,
  LAYER_GROUPS,
  type GroupLearningRates,
  type LayerGroup,
} from '../../src/backbones/layer-groups.js';
import {backboneShapes} from '../../src/backbones/network.js';
import type {LastStage} from '../../src/backbones/resnet-specs.js';
import {UsageError} from '../../src/core/errors.js';

const training = (...groups: readonly LayerGroup[]): GroupLearningRates =>
  Object.fromEntries(
    LAYER_GROUPS.map(group => [group, groups.includes(group) ? 0.1 : null]),
  ) as Record<LayerGroup, number | null>;

describe('layer groups', () => {
  const keys: readonly (readonly [key: string, group: LayerGroup])[] = [
    ['conv1.weight', 'stem'],
    ['bn1.running_mean', 'stem'],
    ['layer1.0.conv1.weight', 'stage1'],
    ['layer2.0.downsample.1.running_var', 'stage2'],
    ['layer3.22.bn3.bias', 'stage3'],
    ['layer4.2.conv3.weight', 'stage4'],
    ['fc.weight', 'head'],
    ['fc.3.bias', 'head'],
  ];
  for (const [key, group] of keys)
    it(`put ${key} into ${group}`, () => expect(getLayerGroup(key)).to.equal(group));

  it('put every tensor of a backbone into a group below the head', () => {
    const shapes = backboneShapes({
      arch: 'resnet50',
      lastStage: 4,
      strideIn1x1: false,
      batchNormEpsilon: 1e-5,
    });
    const counts = new Map<LayerGroup, number>();
    for (const name of shapes.keys())
      counts.set(getLayerGroup(name), (counts.get(getLayerGroup(name)) ?? 0) + 1);
    // Five tensors a unit: 3 units a block, and a projection a stage.
    expect(Object.fromEntries(counts)).to.deep.equal({
      stem: 5,
      stage1: 50,
      stage2: 65,
      stage3: 95,
      stage4: 50,
    });
  });

  it('are those up to its end, and the head, for a backbone that ends early', () => {
    expect(presentLayerGroups(2)).to.deep.equal(['stem', 'stage1', 'stage2', 'head']);
    expect(presentLayerGroups(4)).to.deep.equal([...LAYER_GROUPS]);
  });
});

describe('the frozen depth', () => {
  const cases: readonly (readonly [
    trained: readonly LayerGroup[],
    lastStage: LastStage,
    boundary: number,
  ])[] = [
    [['head'], 4, 5],
    [['head'], 2, 3],
    [['stage4', 'head'], 4, 4],
    [['stage3', 'head'], 3, 3],
    [['stage2', 'head'], 4, 2],
    [['stage2'], 4, 2],
    [['stem', 'head'], 4, 0],
    [['stem', 'stage1', 'stage2', 'stage3', 'stage4', 'head'], 4, 0],
    [[], 3, 4],
  ];
  for (const [trained, lastStage, boundary] of cases) {
    it(`lies above ${boundary} groups where ${trained.join(', ') || 'nothing'} of ${lastStage} stages is trained`, () => {
      expect(computeFrozenDepth(training(...trained), lastStage)).to.equal(boundary);
    });
  }
});

describe('checkLearningRates', () => {
  const refusal = (rates: GroupLearningRates, lastStage: LastStage): string => {
    try {
      checkLearningRates('last-stage', rates, lastStage);
    } catch (error) {
      expect(error).to.be.instanceOf(UsageError);
      return (error as UsageError).message;
    }
    return 'nothing to say';
  };

  it('lets phases pass that train something that is there', () => {
    expect(refusal(training('stage4'), 4)).to.equal('nothing to say');
    expect(refusal(training('head'), 1)).to.equal('nothing to say');
  });

  it('refuses a rate for a stage the backbone ends before', () => {
    expect(refusal(training('stage2', 'stage3', 'stage4', 'head'), 2)).to.equal(
      'Phase "last-stage" has a learning rate for stage3, stage4, but the backbone ends at stage2. Set it to null, or raise --last-stage.',
    );
  });

  it('refuses a phase that trains nothing', () => {
    expect(refusal(training(), 4)).to.equal(
      'Phase "last-stage" trains nothing: every group is frozen. Give at least one group a learning rate.',
    );
  });
});
