import type {TrainingPlan} from '../../training/loop/training-plan.js';
import type {Recipe} from './recipe.js';

/**
 * Builds the training plan of a phase.
 * @param labels labels of the training images
 * @param measuresGroupNorms whether a tracker shows the gradient norms of layer groups
 */
export function trainingPlan(
  recipe: Recipe,
  index: number,
  labels: Int32Array,
  measuresGroupNorms = false,
): TrainingPlan {
  const {
    classBalance,
    batchSize,
    lrSchedule,
    warmup,
    optimizer,
    weightDecay,
    labelSmoothing,
    clipNorm,
    seed,
    precision,
  } = recipe;
  const {name, epochs, learningRates} = recipe.phases[index]!;
  const stepsPerEpoch = Math.ceil(labels.length / batchSize);
  return {
    name,
    index,
    epochs,
    learningRates,
    batchSize,
    optimizer: {type: optimizer, weightDecay},
    // Kornblith et al. (https://arxiv.org/abs/1805.08974), A.5: statistics are averaged over a tenth of an epoch, and at least ten steps.
    updateOptions: {
      ...{labelSmoothing, clipNorm, measuresGroupNorms},
      bnMomentum: Math.min(0.1, 10 / stepsPerEpoch),
    },
    ...(classBalance !== 'none' && {classBalancing: {classBalance, labels}}),
    warmupSteps: Math.ceil(warmup * epochs * stepsPerEpoch),
    lrSchedule,
    seed,
    precision,
  };
}
