import type {TrainingPlan} from '../training/phase-trainer.js';
import type {Recipe} from './recipe.js';

/** Share of a phase's updates over which its rates rise. */
const WARMUP = 0.1;

/** How a phase of a recipe trains. @param labels of the training images */
export function trainingPlan(recipe: Recipe, index: number, labels: Int32Array): TrainingPlan {
  const {balance, batchSize, optimizer, weightDecay, labelSmoothing, clipNorm, seed, precision} = recipe;
  const {name, epochs, rates} = recipe.freeze[index]!;
  const stepsPerEpoch = Math.ceil(labels.length / batchSize);
  return {
    name,
    index,
    epochs,
    rates,
    batchSize,
    optimizer: {type: optimizer, weightDecay},
    // Kornblith et al. (https://arxiv.org/abs/1805.08974), A.5: the statistics average over a tenth of an epoch, never under ten steps.
    rules: {labelSmoothing, clipNorm, statisticsMomentum: Math.min(0.1, 10 / stepsPerEpoch)},
    ...(balance !== 'none' && {balancing: {balance, labels}}),
    warmupSteps: Math.ceil(WARMUP * epochs * stepsPerEpoch),
    seed,
    precision,
  };
}
