import {LAYER_GROUPS} from '../../src/backbones/layer-groups.js';
import type {Precision} from '../../src/backend/graph/precision.js';
import {tf} from '../../src/backend/tensorflow.js';
import {
  imageBatchSource,
  type InputBatch,
  type BatchSource,
} from '../../src/training/loop/batch-source.js';
import {yieldToEventLoop} from '../../src/core/async.js';
import {createOptimizer} from '../../src/training/loop/optimizer.js';
import {createPhaseModel, type PhaseModel} from '../../src/training/loop/phase-model.js';
import {PhaseTrainer} from '../../src/training/loop/phase-trainer.js';
import {INITIAL_TRAINER_STATE} from '../../src/training/loop/training-plan.js';
import {trainStep, type StepInputs} from '../../src/training/loop/train-step.js';
import {makePlan, randomClassifier, learningRatesFrom} from './networks.js';
import {openDecodedCache, loadDataset, makeBatchSource} from './dataset.js';
import type {Task, TaskOptions} from './task.js';

/** Steps that a reading times; one more is run before them. */
const STEPS = 3;

const LEARNING_RATES = learningRatesFrom('stem');

/** Runs `STEPS + 1` updates, reported after each. */
type RunUpdates = (onStep: () => void) => Promise<void>;

/** As a run trains: recorded at its first step. */
function traced(
  network: PhaseModel,
  inputs: BatchSource,
  batch: number,
  precision: Precision = 'fp32',
): RunUpdates {
  const trainer = new PhaseTrainer(network, inputs, makePlan(LEARNING_RATES, batch, precision));
  return async onStep => {
    Object.assign(trainer.state, INITIAL_TRAINER_STATE);
    await trainer.epoch(undefined, onStep);
  };
}

const makeStepInputs = ({x, labels}: InputBatch): StepInputs => ({
  x,
  labels: tf.tensor1d(labels, 'int32'),
  sampleWeights: tf.ones([labels.length]),
  learningRates: Object.fromEntries(
    LAYER_GROUPS.map(group => [group, tf.scalar(LEARNING_RATES[group]!)]),
  ),
  dropoutSeed: tf.tensor1d([1, 2], 'int32'),
});

/** The same function, run op by op. */
function eager(network: PhaseModel, inputs: BatchSource, batch: number): RunUpdates {
  const {optimizer: spec, updateOptions: rules} = makePlan(LEARNING_RATES, batch);
  const optimizer = createOptimizer(spec, network.trainable);
  const order = Array.from({length: inputs.count}, (_, index) => index);
  return async onStep => {
    for await (const inputBatch of inputs.batches(order, batch, 1)) {
      tf.tidy(() => trainStep(network, optimizer, rules, makeStepInputs(inputBatch)).dataSync());
      inputBatch.x.dispose();
      onStep();
      await yieldToEventLoop();
    }
  };
}

const MODES: Readonly<
  Record<string, (network: PhaseModel, inputs: BatchSource, batch: number) => RunUpdates>
> = {
  traced: traced,
  eager,
  bf16: (network, inputs, batch) => traced(network, inputs, batch, 'bf16'),
};

/** Full fine-tuning steps, on images as training hands them over: decoded before, cropped and normalized in the step's time. */
export async function stepTask(options: TaskOptions): Promise<Task> {
  const {arch, batch, mode, threads} = options;
  const classifier = randomClassifier(arch);
  const network = createPhaseModel(classifier, {
    learningRates: LEARNING_RATES,
    batchNorm: 'training',
  });
  const {classNames, train} = await loadDataset(options);
  const samples = Array.from(
    {length: batch * (STEPS + 1)},
    (_, i) => train[Math.floor((i * train.length) / (batch * (STEPS + 1)))]!,
  );
  const cache = await openDecodedCache(
    [...new Set(samples)],
    classNames,
    classifier.preprocessing,
    threads,
  );
  const updates = MODES[mode]!(
    network,
    imageBatchSource(makeBatchSource(cache, samples, classifier.preprocessing, 'none')),
    batch,
  );
  await updates(() => {});
  return async () => {
    const stamps: number[] = [];
    await updates(() => stamps.push(performance.now()));
    return {seconds: (stamps.at(-1)! - stamps[0]!) / 1000, images: batch * (stamps.length - 1)};
  };
}
