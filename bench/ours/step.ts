import {LAYER_GROUPS} from '../../src/backbones/layer-groups.js';
import type {Precision} from '../../src/engine/precision.js';
import {tf} from '../../src/engine/tensorflow.js';
import {pictureInputs, type InputBatch, type Inputs} from '../../src/training/inputs.js';
import {nextTurn} from '../../src/training/next-turn.js';
import {createOptimizer} from '../../src/training/optimizer.js';
import {phaseNetwork, type PhaseNetwork} from '../../src/training/phase-network.js';
import {PhaseTrainer, START} from '../../src/training/phase-trainer.js';
import {trainStep, type StepInputs} from '../../src/training/train-step.js';
import {planOf, randomClassifier, ratesFrom} from './networks.js';
import {decode, findPictures, sourceOf} from './pictures.js';
import type {Task, TaskOptions} from './task.js';

/** Steps that a reading times; one more is run before them. */
const STEPS = 3;

const PLAN_RATES = ratesFrom('stem');

/** Runs `STEPS + 1` updates, told after each. */
type Updates = (onStep: () => void) => Promise<void>;

/** As a run trains: recorded at its first step. */
function recorded(network: PhaseNetwork, inputs: Inputs, batch: number, precision: Precision = 'fp32'): Updates {
  const trainer = new PhaseTrainer(network, inputs, planOf(PLAN_RATES, batch, precision));
  return async onStep => {
    Object.assign(trainer.position, START);
    await trainer.epoch(undefined, onStep);
  };
}

const stepInputs = ({x, labels}: InputBatch): StepInputs => ({
  x,
  labels: tf.tensor1d(labels, 'int32'),
  exampleWeights: tf.ones([labels.length]),
  rates: Object.fromEntries(LAYER_GROUPS.map(group => [group, tf.scalar(PLAN_RATES[group]!)])),
  dropoutSeed: tf.tensor1d([1, 2], 'int32'),
});

/** The same function, run op by op. */
function eager(network: PhaseNetwork, inputs: Inputs, batch: number): Updates {
  const {optimizer: spec, rules} = planOf(PLAN_RATES, batch);
  const optimizer = createOptimizer(spec, network.trained);
  const order = Array.from({length: inputs.count}, (_, index) => index);
  return async onStep => {
    for await (const given of inputs.batches(order, batch, 1)) {
      tf.tidy(() => trainStep(network, optimizer, rules, stepInputs(given)).dataSync());
      given.x.dispose();
      onStep();
      await nextTurn();
    }
  };
}

const MODES: Readonly<Record<string, (network: PhaseNetwork, inputs: Inputs, batch: number) => Updates>> = {
  recorded,
  eager,
  bf16: (network, inputs, batch) => recorded(network, inputs, batch, 'bf16'),
};

/** Full fine-tuning steps, on pictures as training hands them over: decoded before, cropped and normalised in the step's time. */
export async function step(options: TaskOptions): Promise<Task> {
  const {arch, batch, mode, threads} = options;
  const classifier = randomClassifier(arch);
  const network = phaseNetwork(classifier, {rates: PLAN_RATES, batchNorm: 'training'});
  const {classNames, train} = await findPictures(options);
  const samples = Array.from({length: batch * (STEPS + 1)}, (_, i) => train[Math.floor((i * train.length) / (batch * (STEPS + 1)))]!);
  const cache = await decode([...new Set(samples)], classNames, classifier.preprocessing, threads);
  const updates = MODES[mode]!(network, pictureInputs(sourceOf(cache, samples, classifier.preprocessing, 'none')), batch);
  await updates(() => {});
  return async () => {
    const stamps: number[] = [];
    await updates(() => stamps.push(performance.now()));
    return {seconds: (stamps.at(-1)! - stamps[0]!) / 1000, images: batch * (stamps.length - 1)};
  };
}
