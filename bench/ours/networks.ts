import {createRandomBackbone} from '../../src/backbones/load-backbone.js';
import {stageCount, type Arch} from '../../src/backbones/resnet-specs.js';
import type {ParameterMap} from '../../src/backbones/parameters.js';
import {
  LAYER_GROUPS,
  type GroupLearningRates,
  type LayerGroup,
} from '../../src/backbones/layer-groups.js';
import type {Precision} from '../../src/backend/graph/precision.js';
import {tf} from '../../src/backend/tensorflow.js';
import {attachHead, type Classifier} from '../../src/heads/classifier.js';
import type {TrainingPlan} from '../../src/training/loop/training-plan.js';

/** The last batch norm of each residual path gets a small scale, so that random weights keep activations in range at any depth. */
function scaleResidualNorms(weights: ParameterMap): void {
  for (const [name, variable] of weights) {
    if (/^layer.*\.bn[23]\.weight$/.test(name))
      tf.tidy(() => variable.assign(tf.fill(variable.shape, 0.25)));
  }
}

/** All stages, seeded random weights: what they are decides nothing about speed. */
export function randomClassifier(arch: Arch): Classifier {
  const backbone = createRandomBackbone(arch, stageCount(arch), 1);
  scaleResidualNorms(backbone.weights);
  return attachHead(backbone, {type: 'linear', pooling: 'avg', dropout: 0}, ['ants', 'bees'], 1);
}

/** Trains the groups from `lowest` on, at a rate that moves everything and ruins nothing. */
export const learningRatesFrom = (lowest: LayerGroup): GroupLearningRates =>
  Object.fromEntries(
    LAYER_GROUPS.map((group, i) => [group, i >= LAYER_GROUPS.indexOf(lowest) ? 1e-5 : null]),
  ) as unknown as GroupLearningRates;

/** As a run of the command plans it. */
export const makePlan = (
  rates: GroupLearningRates,
  batchSize: number,
  precision: Precision = 'fp32',
): TrainingPlan => ({
  name: 'bench',
  index: 0,
  epochs: 1000,
  learningRates: rates,
  batchSize,
  optimizer: {type: 'adamw', weightDecay: 0.01},
  updateOptions: {labelSmoothing: 0.1, clipNorm: 1, bnMomentum: 0.1},
  lrSchedule: 'cosine',
  warmupSteps: 0,
  seed: 1,
  precision,
});
