import {expect} from 'chai';
import {toHost} from '../../../src/backbones/parameters.js';
import {
  getLayerGroup,
  LAYER_GROUPS,
  type GroupLearningRates,
  type LayerGroup,
} from '../../../src/backbones/layer-groups.js';
import type {CpuTensor} from '../../../src/core/state-dict.js';
import {countNativeHandles} from '../../../src/backend/graph/binding.js';
import {tf, type Tensor1D} from '../../../src/backend/tensorflow.js';
import type {Classifier} from '../../../src/heads/classifier.js';
import {imageBatchSource, type BatchSource} from '../../../src/training/loop/batch-source.js';
import {countRepeats} from '../../../src/training/loop/class-balance.js';
import {createPhaseModel, type PhaseModel} from '../../../src/training/loop/phase-model.js';
import {PhaseTrainer} from '../../../src/training/loop/phase-trainer.js';
import {
  INITIAL_TRAINER_STATE,
  TrainingDivergedError,
  type TrainerState,
  type TrainingPlan,
} from '../../../src/training/loop/training-plan.js';
import {useBackend} from '../../helpers/backend.js';
import {draw} from '../../helpers/gradients.js';
import {imageDataset} from '../../helpers/image-dataset.js';
import {randomClassifier} from '../../helpers/random-classifier.js';
import {rejectionOf} from '../../helpers/rejection.js';

const training = (...groups: readonly LayerGroup[]): GroupLearningRates =>
  Object.fromEntries(
    LAYER_GROUPS.map(group => [group, groups.includes(group) ? 1e-3 : null]),
  ) as Record<LayerGroup, number | null>;

const PLAN: TrainingPlan = {
  name: 'probe',
  index: 0,
  epochs: 3,
  learningRates: training('head'),
  batchSize: 4,
  optimizer: {type: 'adamw', weightDecay: 0.01},
  updateOptions: {labelSmoothing: 0.1, clipNorm: 1, bnMomentum: 0.1},
  warmupSteps: 2,
  lrSchedule: 'cosine',
  precision: 'fp32',
  seed: 7,
};

/** What the trainer asked its inputs for. */
interface Requested {
  readonly order: readonly number[];
  readonly epoch: number | null;
  readonly repeats: readonly number[];
}

const LABELS = Int32Array.from({length: 10}, (_, index) => index % 3);

/** Features of ten samples in three classes, each near the middle of its class. */
function featureInputs(requested: Requested[] = []): BatchSource {
  const labelOf = (index: number): number => LABELS[index]!;
  return {
    count: 10,
    async *batches(order, batchSize, epoch, repeats = []) {
      requested.push({order: [...order], epoch, repeats});
      for (let start = 0; start < order.length; start += batchSize) {
        const indices = order.slice(start, start + batchSize);
        const row = (index: number): Tensor1D =>
          tf.add(draw(`class ${labelOf(index)}`, [64]), tf.mul(draw(`sample ${index}`, [64]), 0.5));
        const x = tf.tidy(() => tf.stack(indices.map(row)));
        yield {x, labels: Int32Array.from(indices, labelOf)};
      }
    },
  };
}

describe('a phase', () => {
  useBackend();

  const made: {dispose(): void}[] = [];
  afterEach(() => made.splice(0).forEach(thing => thing.dispose()));

  const headOnly = (): PhaseModel => {
    const classifier = randomClassifier({spec: {lastStage: 1}, size: 32, head: {dropout: 0.2}});
    const network = createPhaseModel(classifier, {
      learningRates: PLAN.learningRates,
      batchNorm: 'inference',
    });
    made.push(classifier, network);
    return network;
  };

  const trainer = (
    network: PhaseModel,
    inputs: BatchSource,
    plan: Partial<TrainingPlan> = {},
    position: TrainerState = INITIAL_TRAINER_STATE,
  ): PhaseTrainer => {
    const phase = new PhaseTrainer(network, inputs, {...PLAN, ...plan}, position);
    made.push(phase);
    return phase;
  };

  /** Trains and validates to the end. */
  async function run(
    phase: PhaseTrainer,
    validation: BatchSource,
  ): Promise<{losses: number[]; validations: number[]}> {
    const [losses, validations]: [number[], number[]] = [[], []];
    while (phase.state.epoch < phase.plan.epochs) {
      losses.push((await phase.epoch(undefined, () => undefined)).loss);
      validations.push((await phase.endEpoch(validation)).loss);
    }
    return {losses, validations};
  }

  it('shows every sample once an epoch, in an order and a variation of its own', async () => {
    const requested: Requested[] = [];
    const phase = trainer(headOnly(), featureInputs(requested));
    await run(phase, featureInputs());
    expect(requested.map(({epoch}) => epoch)).to.deep.equal([1, 2, 3]);
    for (const {order} of requested)
      expect([...order].sort((a, b) => a - b)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(new Set(requested.map(({order}) => order.join())).size).to.equal(3);
  });

  it('has other orders and variations than the phase before it, and than another seed', async () => {
    const requested: Requested[] = [];
    for (const plan of [{}, {index: 1}, {seed: 8}])
      await trainer(headOnly(), featureInputs(requested), plan).epoch(undefined, () => undefined);
    expect(new Set(requested.map(({order}) => order.join())).size).to.equal(3);
    expect(requested.map(({epoch}) => epoch)).to.deep.equal([1, 10_001, 1]);
  });

  it('learns: losses fall from epoch to epoch', async () => {
    const phase = trainer(headOnly(), featureInputs(), {
      epochs: 8,
      learningRates: {...PLAN.learningRates, head: 0.03},
    });
    const {losses, validations} = await run(phase, featureInputs());
    expect(losses.at(-1)).to.be.below(losses[0]! / 2);
    expect(validations.at(-1)).to.be.below(validations[0]!);
  });

  it('counts its updates, and takes its rate from them', async () => {
    const phase = trainer(headOnly(), featureInputs());
    const [shares, steps]: [number[], number[]] = [[], []];
    expect(phase.stepsPerEpoch).to.equal(3);
    while (phase.state.epoch < 3) {
      shares.push(phase.lrFactor);
      await phase.epoch(undefined, step => steps.push(step));
      await phase.endEpoch(featureInputs());
    }
    expect(steps).to.deep.equal([1, 2, 3, 1, 2, 3, 1, 2, 3]);
    expect(phase.updates).to.equal(9);
    // Warm-up of two updates, then a cosine over seven.
    expect(shares[0]).to.equal(0.5);
    expect(shares[1]).to.be.closeTo(0.5 * (1 + Math.cos(Math.PI / 7)), 1e-6);
    expect(shares[2]).to.be.closeTo(0.5 * (1 + Math.cos((4 * Math.PI) / 7)), 1e-6);
  });

  it('is the same for the same seed, to the last bit', async () => {
    const [one, other, different] = await Promise.all(
      [7, 7, 8].map(seed => run(trainer(headOnly(), featureInputs(), {seed}), featureInputs())),
    );
    expect(one).to.deep.equal(other);
    expect(one).to.not.deep.equal(different);
  });

  const balanced = (
    by: 'weighted-loss' | 'oversample',
    labels = LABELS,
  ): Partial<TrainingPlan> => ({classBalancing: {classBalance: by, labels}});

  it('that balances by sampling shows the classes alike often, and tells which images come again', async () => {
    const labels = LABELS.map(label => Math.min(label, 1));
    const requested: Requested[] = [];
    await run(
      trainer(headOnly(), featureInputs(requested), balanced('oversample', labels)),
      featureInputs(),
    );
    for (const {order, repeats} of requested) {
      expect(order.filter(index => labels[index] === 0)).to.have.length(5);
      expect(repeats).to.deep.equal(countRepeats(order));
    }
    expect(requested.flatMap(({repeats}) => [...repeats])).to.include(1);
  });

  it('that balances by the loss weighs images of unlike classes unlike, and else trains as ever', async () => {
    const first = async (plan: Partial<TrainingPlan>): Promise<number> => {
      const phase = trainer(headOnly(), featureInputs(), {
        batchSize: 10,
        updateOptions: {...PLAN.updateOptions, labelSmoothing: 0},
        ...plan,
      });
      return (await phase.epoch(undefined, () => {})).loss;
    };
    expect(await first(balanced('weighted-loss'))).to.not.equal(await first({}));
    expect(await first(balanced('weighted-loss', Int32Array.of(0, 1, 2)))).to.be.closeTo(
      await first({}),
      1e-6,
    );
  });

  for (const [stopAt, plan] of [
    ...[1, 2, 3, 4, 5, 8, 9].map(update => [update, {} as Partial<TrainingPlan>] as const),
    ...[1, 5].flatMap(update => [
      [update, balanced('oversample')] as const,
      [update, balanced('weighted-loss')] as const,
    ]),
  ]) {
    it(`stopped after update ${stopAt}, goes on to the same numbers${plan.classBalancing === undefined ? '' : `, balanced by ${plan.classBalancing.classBalance}`}`, async () => {
      const whole = await run(trainer(headOnly(), featureInputs(), plan), featureInputs());
      const network = headOnly();
      const first = trainer(network, featureInputs(), plan);
      const stop = new AbortController();
      let updates = 0;
      const count = (): void => {
        if (++updates === stopAt) stop.abort();
      };
      const rejection = await rejectionOf(
        (async () => {
          for (;;) {
            await first.epoch(stop.signal, count);
            await first.endEpoch(featureInputs());
          }
        })(),
      );
      expect(rejection.name).to.equal('AbortedError');
      expect(first.updates).to.equal(stopAt);
      const second = trainer(network, featureInputs(), plan, first.state);
      second.optimizer.restore(first.optimizer.state());
      const rest = await run(second, featureInputs());
      expect(rest.losses).to.deep.equal(whole.losses.slice(-rest.losses.length));
      expect(rest.validations).to.deep.equal(whole.validations.slice(-rest.validations.length));
    });
  }

  it('counts the images that it classifies correctly, each before its update', async () => {
    const rates = {...PLAN.learningRates, head: 0.1};
    const phase = trainer(headOnly(), featureInputs(), {learningRates: rates, epochs: 20});
    await run(phase, featureInputs());
    // Four of the ten images are of class 0.
    const mislabeled: BatchSource = {
      count: 10,
      async *batches(...request) {
        for await (const {x, labels} of featureInputs().batches(...request))
          yield {x, labels: labels.map(label => (label === 0 ? 1 : label))};
      },
    };
    const still = {...PLAN.learningRates, head: 1e-12};
    const again = trainer(phase.model, mislabeled, {learningRates: still});
    expect((await again.epoch(undefined, () => {})).accuracy).to.equal(0.6);
    expect((await again.endEpoch(mislabeled)).accuracy).to.equal(0.6);
    expect((await again.epoch(undefined, () => {})).accuracy).to.equal(0.6);
  });

  it('that is stopped before it has validated an epoch comes back to validate it', async () => {
    const phase = trainer(headOnly(), featureInputs());
    const trained = await phase.epoch(undefined, () => undefined);
    const failing: BatchSource = {
      count: 1,
      batches: () => ({
        [Symbol.asyncIterator]: () => ({next: () => Promise.reject(new Error('stopped'))}),
      }),
    };
    expect((await rejectionOf(phase.endEpoch(failing))).message).to.equal('stopped');
    expect(phase.state).to.include({epoch: 0, step: 3, weightSum: 10});
    const again = trainer(phase.model, featureInputs(), {}, phase.state);
    expect(await again.epoch(undefined, () => undefined)).to.deep.equal(trained);
    await again.endEpoch(featureInputs());
    expect(again.state).to.deep.equal({...INITIAL_TRAINER_STATE, epoch: 1});
  });

  it('has the gradient norms of the trained groups, one for each update, if it is asked', async () => {
    const updateOptions = {...PLAN.updateOptions, measuresGroupNorms: true};
    const phase = trainer(headOnly(), featureInputs(), {updateOptions});
    const {gradientNorm, groupNorms} = await phase.epoch(undefined, () => undefined);
    expect(Object.keys(groupNorms!)).to.deep.equal(['head']);
    expect(groupNorms!.head).to.have.length(phase.stepsPerEpoch);
    expect(Math.max(...groupNorms!.head!)).to.equal(gradientNorm);
    await phase.endEpoch(featureInputs());
    expect(phase.state).to.deep.equal({...INITIAL_TRAINER_STATE, epoch: 1});
    const next = await phase.epoch(undefined, () => undefined);
    expect(next.groupNorms!.head).to.have.length(phase.stepsPerEpoch);
    const plain = trainer(headOnly(), featureInputs());
    expect(await plain.epoch(undefined, () => undefined)).to.not.have.property('groupNorms');
  });

  it('continues the gradient norms of an epoch that was interrupted', async () => {
    const updateOptions = {...PLAN.updateOptions, measuresGroupNorms: true};
    const whole = await trainer(headOnly(), featureInputs(), {updateOptions}).epoch(
      undefined,
      () => undefined,
    );
    const network = headOnly();
    const first = trainer(network, featureInputs(), {updateOptions});
    const controller = new AbortController();
    await rejectionOf(first.epoch(controller.signal, () => controller.abort()));
    const state = JSON.parse(JSON.stringify(first.state)) as TrainerState;
    expect(state.groupNorms!.head).to.have.length(1);
    const second = trainer(network, featureInputs(), {updateOptions}, state);
    second.optimizer.restore(first.optimizer.state());
    const resumed = await second.epoch(undefined, () => undefined);
    expect(resumed.groupNorms).to.deep.equal(whole.groupNorms);
  });

  it('ends at the first loss that is no number, naming phase, updates and rates', async () => {
    const phase = trainer(headOnly(), featureInputs(), {
      learningRates: {...PLAN.learningRates, head: 1e38},
      warmupSteps: 0,
      updateOptions: {...PLAN.updateOptions, clipNorm: 1e38},
    });
    const error = (await rejectionOf(
      phase.epoch(undefined, () => undefined),
    )) as TrainingDivergedError;
    expect(error).to.be.instanceOf(TrainingDivergedError);
    expect(error).to.deep.include({
      code: 'TRAINING_DIVERGED',
      exitCode: 6,
      phase: 'probe',
      step: 1,
      learningRates: {...PLAN.learningRates, head: 1e38},
    });
    expect(Number.isFinite(error.loss)).to.equal(false);
    expect(phase.state.gradientNorm).to.be.within(0.01, 100);
    expect(error.message).to.equal(
      `The loss of phase "probe" is ${error.loss} after 1 updates (learning rates: head 1e+38). ` +
        `The gradient norm has reached ${phase.state.gradientNorm.toPrecision(3)}. Lower --lr, or raise --warmup.`,
    );
  });

  it('ends so too where validation meets it first', async () => {
    const network = headOnly();
    const phase = trainer(network, featureInputs());
    await phase.epoch(undefined, () => undefined);
    tf.tidy(() => network.trainable.get('fc.bias')!.assign(tf.tensor1d([0, NaN, 0])));
    const error = (await rejectionOf(phase.endEpoch(featureInputs()))) as TrainingDivergedError;
    expect(error).to.be.instanceOf(TrainingDivergedError);
    expect(error.message).to.match(
      /^The loss of phase "probe" is NaN after 3 updates \(learning rates: head 0\.001\)\./,
    );
  });

  it('leaves nothing on the device', async () => {
    const before = [tf.memory().numTensors, countNativeHandles()];
    await run(trainer(headOnly(), featureInputs()), featureInputs());
    const diverging = trainer(headOnly(), featureInputs(), {
      learningRates: {...PLAN.learningRates, head: 1e38},
      updateOptions: {...PLAN.updateOptions, clipNorm: 1e38},
    });
    await rejectionOf(diverging.epoch(undefined, () => undefined));
    made.splice(0).forEach(thing => thing.dispose());
    expect([tf.memory().numTensors, countNativeHandles()]).to.deep.equal(before);
  });

  describe('freezes what has no rate', () => {
    let classifier: Classifier;
    before(
      'make a ResNet-18',
      () => void (classifier = randomClassifier({spec: {lastStage: 4}, size: 32})),
    );
    after(() => classifier.dispose());

    const same = (a: CpuTensor, b: CpuTensor): boolean =>
      Buffer.from(a.data.buffer).equals(Buffer.from(b.data.buffer));

    const schedules: readonly (readonly LayerGroup[])[] = [
      ...LAYER_GROUPS.map(frozen => LAYER_GROUPS.filter(group => group !== frozen)),
      ['head'],
      ['stage4', 'head'],
      ['stage2'],
    ];
    for (const batchNorm of ['inference', 'training'] as const) {
      for (const trained of schedules) {
        const frozen = LAYER_GROUPS.filter(group => !trained.includes(group));
        it(`to the last bit: ${frozen.join(', ')}, batch norms with the statistics of ${batchNorm}`, async () => {
          const start = toHost(classifier.weights);
          const network = createPhaseModel(classifier, {
            learningRates: training(...trained),
            batchNorm,
          });
          const inputs = imageBatchSource(imageDataset({count: 6}));
          const phase = trainer(network, inputs, {
            learningRates: training(...trained),
            batchSize: 3,
            warmupSteps: 0,
          });
          made.push(network);
          await phase.epoch(undefined, () => undefined);
          const changed = [...toHost(classifier.weights)]
            .filter(([name, tensor]) => !same(tensor, start.get(name)!))
            .map(([name]) => name);
          const moves = (name: string): boolean =>
            trained.includes(getLayerGroup(name)) &&
            (batchNorm === 'training' || !/running_(mean|var)$/.test(name));
          expect(changed).to.deep.equal([...start.keys()].filter(moves));
        });
      }
    }
  });
});
