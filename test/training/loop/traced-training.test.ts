import {expect} from 'chai';
import {LAYER_GROUPS, type GroupLearningRates} from '../../../src/backbones/layer-groups.js';
import {toHost} from '../../../src/backbones/parameters.js';
import {countNativeHandles} from '../../../src/backend/graph/binding.js';
import type {Precision} from '../../../src/backend/graph/precision.js';
import {TracedSteps} from '../../../src/backend/graph/traced-steps.js';
import {tf, type Tensor, type Tensor4D} from '../../../src/backend/tensorflow.js';
import {createOptimizer, type OptimizerSpec} from '../../../src/training/loop/optimizer.js';
import {createPhaseModel, type PhaseModelSpec} from '../../../src/training/loop/phase-model.js';
import {trainStep, type StepInputs} from '../../../src/training/loop/train-step.js';
import {useBackend} from '../../helpers/backend.js';
import {randomClassifier, randomPixels} from '../../helpers/random-classifier.js';

const SIZE = 32;
const STEPS = 20;
const RULES = {labelSmoothing: 0.1, clipNorm: 1, bnMomentum: 0.1};

const ratesFrom = (lowest: number): GroupLearningRates =>
  Object.fromEntries(
    LAYER_GROUPS.map((group, i) => [
      group,
      i >= lowest && !['stage3', 'stage4'].includes(group) ? 1e-3 : null,
    ]),
  ) as GroupLearningRates;

/** Every third batch is short, rates and dropout change from step to step. */
function inputsOf(step: number, lower: (x: Tensor4D) => Tensor): StepInputs {
  const count = step % 3 === 2 ? 3 : 4;
  const pixels = tf.tensor4d(randomPixels(count, SIZE, step % 5), [count, SIZE, SIZE, 3], 'int32');
  const rate = tf.scalar(1e-3 / (1 + step));
  return {
    x: lower(pixels),
    labels: tf.tensor1d([0, 1, 2, 0].slice(0, count), 'int32'),
    sampleWeights: tf.ones([count]),
    learningRates: Object.fromEntries(LAYER_GROUPS.map(group => [group, rate])),
    dropoutSeed: tf.tensor1d([step, 7], 'int32'),
  };
}

const flat = ({learningRates: {head}, mixup: _, ...tensors}: StepInputs): Map<string, Tensor> =>
  new Map(Object.entries({...tensors, head: head!}));

/** Losses of twenty updates, and the weights and the optimizer's state they lead to. */
function train(
  spec: PhaseModelSpec,
  type: OptimizerSpec['type'],
  isRecorded: boolean,
  {
    precision = 'fp32',
    fromPixels = false,
    measuresGroupNorms = false,
  }: {precision?: Precision; fromPixels?: boolean; measuresGroupNorms?: boolean} = {},
): {losses: number[]; numbers: number[]; results: number[][]} {
  const classifier = randomClassifier({
    size: SIZE,
    head: {type: 'mlp', pooling: 'avg+max', dropout: 0.2},
  });
  const network = createPhaseModel(classifier, spec);
  const optimizer = createOptimizer({type, weightDecay: 0.01}, network.trainable);
  const recorded = new TracedSteps(new Map([...network.variables, ...optimizer.variables]), {
    constants: network.folded,
  });
  const rules = {...RULES, measuresGroupNorms};
  const results = Array.from({length: STEPS}, (_, step) =>
    tf.tidy(() => {
      const inputs = inputsOf(step, x => (fromPixels ? x : network.forwardFrozen(x)));
      const update = () => trainStep(network, optimizer, rules, inputs);
      const result = isRecorded
        ? recorded.run({name: 'train', run: update, precision}, flat(inputs))
        : update();
      return [...result.dataSync()];
    }),
  );
  recorded.sync();
  const numbers = [...toHost(classifier.weights).values(), ...optimizer.state().values()].flatMap(
    ({data}) => [...data.subarray(0, 50)],
  );
  for (const owner of [recorded, network, optimizer, classifier]) owner.dispose();
  return {losses: results.map(([loss]) => loss!), numbers, results};
}

describe('recorded training', function () {
  this.timeout(120_000);
  useBackend();

  for (const type of ['adamw', 'sgd', 'lion'] as const) {
    for (const [what, lowest] of [
      ['the head', 5],
      ['the last stage and the head', 2],
      ['everything', 0],
    ] as const) {
      for (const batchNorm of lowest === 5
        ? (['inference'] as const)
        : (['inference', 'training'] as const)) {
        it(`of ${what} with ${type} equals what is run op by op, batch norms with the statistics of ${batchNorm}`, () => {
          const before = [tf.memory().numTensors, countNativeHandles()];
          const spec = {learningRates: ratesFrom(lowest), batchNorm};
          const [recorded, eager] = [train(spec, type, true), train(spec, type, false)];
          recorded.losses.forEach((loss, step) =>
            expect(loss).to.be.closeTo(eager.losses[step]!, 1e-5),
          );
          recorded.numbers.forEach((number, i) =>
            expect(number).to.be.closeTo(eager.numbers[i]!, 1e-4 * Math.max(1, Math.abs(number))),
          );
          expect([tf.memory().numTensors, countNativeHandles()]).to.deep.equal(before);
        });
      }
    }
  }

  for (const [what, lowest, groups] of [
    ['the head', 5, 1],
    ['the last stage and the head', 2, 2],
    ['everything', 0, 4],
  ] as const) {
    for (const precision of ['fp32', 'bf16'] as const)
      it(`of ${what} in ${precision} is the same to the last bit with the gradient norms of groups`, () => {
        const spec = {learningRates: ratesFrom(lowest), batchNorm: 'training'} as const;
        const plain = train(spec, 'adamw', true, {precision});
        const measured = train(spec, 'adamw', true, {precision, measuresGroupNorms: true});
        expect(measured.numbers).to.deep.equal(plain.numbers);
        expect(measured.results.map(result => result.slice(0, 3))).to.deep.equal(plain.results);
        for (const [, , norm, ...byGroup] of measured.results) {
          expect(byGroup).to.have.length(groups);
          // The squares of the norms of groups add up to that of the norm of all gradients.
          expect(Math.hypot(...byGroup)).to.be.closeTo(norm!, 1e-5 * norm!);
          for (const each of byGroup) expect(each).to.be.above(0);
        }
      });
  }

  it('from pixels runs the frozen groups within the step, to the same end', () => {
    const before = [tf.memory().numTensors, countNativeHandles()];
    const spec = {learningRates: ratesFrom(2), batchNorm: 'training'} as const;
    const expected = train(spec, 'adamw', false);
    for (const isRecorded of [true, false]) {
      const {losses, numbers} = train(spec, 'adamw', isRecorded, {fromPixels: true});
      losses.forEach((loss, step) => expect(loss).to.be.closeTo(expected.losses[step]!, 1e-5));
      numbers.forEach((number, i) =>
        expect(number).to.be.closeTo(expected.numbers[i]!, 1e-4 * Math.max(1, Math.abs(number))),
      );
    }
    expect([tf.memory().numTensors, countNativeHandles()]).to.deep.equal(before);
  });

  for (const batchNorm of ['inference', 'training'] as const) {
    it(`in bfloat16 stays near float32, batch norms with the statistics of ${batchNorm}`, () => {
      const spec = {learningRates: ratesFrom(0), batchNorm};
      const [brain, single] = [
        train(spec, 'adamw', true, {precision: 'bf16'}),
        train(spec, 'adamw', true),
      ];
      expect(brain.losses).to.not.deep.equal(single.losses);
      // Three significant digits a number; twenty updates on four images fall by half, and what differs at first grows with them.
      brain.losses.forEach((loss, step) =>
        expect(loss, `step ${step}`).to.be.closeTo(single.losses[step]!, 0.05 * single.losses[0]!),
      );
    });
  }
});
