/**
 * `finetune/training`: building blocks of a training loop. Attach a head to a backbone, freeze layer groups, read batches, update weights,
 * evaluate. `PhaseTrainer` runs the epochs of a phase; `trainStep` is a single update, for a custom loop.
 *
 * @example
 * const classifier = attachHead(backbone, {type: 'linear', pooling: 'avg', dropout: 0}, classNames, 42);
 * const model = createPhaseModel(classifier, {learningRates, batchNorm: 'inference'});
 * const optimizer = createOptimizer({type: 'lion', weightDecay: 0.1}, model.trainable);
 * for await (const {x, labels} of source.batches(order, 32, epoch)) {
 *   const loss = tf.tidy(() => trainStep(model, optimizer, updateOptions, stepInputs(x, labels)));
 *   console.log(loss.dataSync()[0]);
 *   tf.dispose([x, loss]);
 * }
 *
 * @module
 */
export {attachHead, type Classifier} from '../heads/classifier.js';
export {HEADS, POOLINGS, type HeadSpec, type HeadType, type Pooling} from '../heads/head.js';
export {toInference, type InferenceModel} from '../heads/inference-model.js';
export {
  createPhaseModel,
  type BatchNormUpdate,
  type PhaseModel,
  type PhaseModelSpec,
} from './loop/phase-model.js';
export {
  LR_SCHEDULES,
  warmupThenCosine,
  type LrSchedule,
  type LrScheduleName,
} from './loop/lr-schedule.js';
export {PhaseTrainer, type TrainedEpoch} from './loop/phase-trainer.js';
export {TrainingDivergedError, type TrainerState, type TrainingPlan} from './loop/training-plan.js';
export {
  computeLoss,
  trainStep,
  type MixupTargets,
  type StepInputs,
  type UpdateOptions,
} from './loop/train-step.js';
export {
  OPTIMIZERS,
  createOptimizer,
  type Optimizer,
  type OptimizerName,
  type OptimizerSpec,
} from './loop/optimizer.js';
export {
  featureBatchSource,
  imageBatchSource,
  type BatchSource,
  type InputBatch,
} from './loop/batch-source.js';
export type {ImageDataset} from './loop/image-dataset.js';
export {BestCheckpoint} from './loop/best-checkpoint.js';
export {computeClassWeights, oversampleEpoch, type ClassBalancing} from './loop/class-balance.js';
export {evaluateBatches, type EvaluationOptions} from './metrics/evaluate.js';
export {RunningMetrics, type ClassMetrics, type Metrics} from './metrics/metrics.js';
/** TensorFlow.js of the started backend; undefined before `startBackend`. */
export {tf, type Scalar, type Tensor, type Tensor4D} from '../backend/tensorflow.js';
