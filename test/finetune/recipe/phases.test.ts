import {expect} from 'chai';
import type {LayerGroup} from '../../../src/backbones/layer-groups.js';
import type {LastStage} from '../../../src/backbones/resnet-specs.js';
import {NAMED_SCHEDULES, type ScheduleOptions} from '../../../src/finetune/recipe/phases.js';

const fill = (lastStage: LastStage, discriminative = true): ScheduleOptions => ({
  lastStage,
  probe: {epochs: 12, lr: 3e-3},
  main: {epochs: 5, lr: 1e-4},
  discriminative,
});

const FROZEN: Readonly<Record<LayerGroup, number | null>> = {
  stem: null,
  stage1: null,
  stage2: null,
  stage3: null,
  stage4: null,
  head: null,
};
const PROBE = {name: 'probe', epochs: 12, learningRates: {...FROZEN, head: 3e-3}};

describe('named freeze schedules', () => {
  it('are four', () => {
    expect(Object.keys(NAMED_SCHEDULES)).to.deep.equal([
      'probe',
      'probe-then-last-stage',
      'probe-then-full',
      'full',
    ]);
  });

  it('probe trains the head alone', () => {
    expect(NAMED_SCHEDULES.probe(fill(4))).to.deep.equal([PROBE]);
  });

  it('probe-then-last-stage goes on with the last stage', () => {
    expect(NAMED_SCHEDULES['probe-then-last-stage'](fill(4))).to.deep.equal([
      PROBE,
      {name: 'last-stage', epochs: 5, learningRates: {...FROZEN, stage4: 1e-4, head: 1e-4}},
    ]);
  });

  it('knows the last stage of a backbone that ends early', () => {
    expect(NAMED_SCHEDULES['probe-then-last-stage'](fill(2))[1]!.learningRates).to.deep.equal({
      ...FROZEN,
      stage2: 1e-4,
      head: 1e-4,
    });
    expect(NAMED_SCHEDULES.full(fill(2))[0]!.learningRates).to.deep.equal({
      ...FROZEN,
      stem: 1.48e-5,
      stage1: 3.85e-5,
      stage2: 1e-4,
      head: 1e-4,
    });
  });

  it('probe-then-full goes on with everything, each group 2.6 times slower than the one above', () => {
    const [probe, all] = NAMED_SCHEDULES['probe-then-full'](fill(4));
    expect(probe).to.deep.equal(PROBE);
    expect(all).to.deep.equal({
      name: 'full',
      epochs: 5,
      learningRates: {
        stem: 2.19e-6,
        stage1: 5.69e-6,
        stage2: 1.48e-5,
        stage3: 3.85e-5,
        stage4: 1e-4,
        head: 1e-4,
      },
    });
  });

  it('all moves random weights at one rate', () => {
    expect(NAMED_SCHEDULES.full(fill(4, false))).to.deep.equal([
      {
        name: 'full',
        epochs: 5,
        learningRates: {
          stem: 1e-4,
          stage1: 1e-4,
          stage2: 1e-4,
          stage3: 1e-4,
          stage4: 1e-4,
          head: 1e-4,
        },
      },
    ]);
  });
});
