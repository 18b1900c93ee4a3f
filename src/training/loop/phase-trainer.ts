import {throwIfAborted} from '../../core/errors.js';
import {createRng, shuffle} from '../../core/rng.js';
import type {LayerGroup} from '../../backbones/layer-groups.js';
import {TracedSteps, type TraceableStep} from '../../backend/graph/traced-steps.js';
import {tf, type Tensor, type Tensor1D} from '../../backend/tensorflow.js';
import {oversampleEpoch, computeClassWeights, countRepeats} from './class-balance.js';
import {evaluateBatches} from '../metrics/evaluate.js';
import type {InputBatch, BatchSource} from './batch-source.js';
import {NanProbabilityError, type Metrics} from '../metrics/metrics.js';
import {yieldToEventLoop} from '../../core/async.js';
import {createOptimizer, type Optimizer} from './optimizer.js';
import {LR_SCHEDULES, type LrSchedule} from './lr-schedule.js';
import type {PhaseModel} from './phase-model.js';
import {gradientGroups, trainStep, type MixupTargets, type StepInputs} from './train-step.js';
import {
  INITIAL_TRAINER_STATE,
  TrainingDivergedError,
  type GroupGradientNorms,
  type TrainerState,
  type TrainingPlan,
} from './training-plan.js';

/** Inputs by name. Names of groups and fields are disjoint. */
const flattenInputs = ({
  learningRates,
  mixup: mixed,
  ...tensors
}: StepInputs): Map<string, Tensor> =>
  new Map(
    Object.entries({
      ...tensors,
      ...learningRates,
      ...(mixed && {
        mixupLabels: mixed.labels,
        mixupWeights: mixed.sampleWeights,
        lambda: mixed.lambda,
      }),
    }),
  );

/** Means over the images of an epoch as they were trained on: augmented, and each before the update that it was part of. */
export interface TrainedEpoch {
  /** Weighted as the loss of the updates. */
  readonly loss: number;
  /** Fraction 0..1. */
  readonly accuracy: number;
  /** Largest norm of the gradients of an update, before clipping. */
  readonly gradientNorm: number;
  /** Present if the plan measures them. */
  readonly groupNorms?: Readonly<GroupGradientNorms>;
}

/** Trains the layer groups of one phase, epoch by epoch. The caller disposes it. */
export class PhaseTrainer {
  readonly optimizer: Optimizer;
  readonly state: TrainerState;
  readonly stepsPerEpoch: number;
  readonly #lrSchedule: LrSchedule;
  readonly #groups: readonly LayerGroup[];
  readonly #steps: TracedSteps;
  readonly #classWeights: ReadonlyMap<number, number> | undefined;

  constructor(
    readonly model: PhaseModel,
    readonly inputs: BatchSource,
    readonly plan: TrainingPlan,
    state: Readonly<TrainerState> = INITIAL_TRAINER_STATE,
    onTraced?: (what: string) => void,
  ) {
    this.optimizer = createOptimizer(plan.optimizer, model.trainable);
    // A checkpoint of an older version has no gradient norm.
    this.state = {...INITIAL_TRAINER_STATE, ...state};
    this.stepsPerEpoch = Math.ceil(inputs.count / plan.batchSize);
    this.#lrSchedule = LR_SCHEDULES[plan.lrSchedule](
      plan.warmupSteps,
      plan.epochs * this.stepsPerEpoch,
    );
    this.#groups = gradientGroups(model);
    this.#classWeights =
      plan.classBalancing?.classBalance === 'weighted-loss'
        ? computeClassWeights(plan.classBalancing.labels)
        : undefined;
    this.#steps = new TracedSteps(new Map([...model.variables, ...this.optimizer.variables]), {
      constants: model.folded,
      onTraced,
    });
  }

  /** Number of updates since the start of the phase. */
  get updates(): number {
    return this.state.epoch * this.stepsPerEpoch + this.state.step;
  }

  /** Fraction of the peak learning rates at the first update of the current epoch. */
  get lrFactor(): number {
    return this.#lrSchedule(this.state.epoch * this.stepsPerEpoch);
  }

  /**
   * Runs the remaining updates of the current epoch.
   * @param onStep called after each update with the number of updates done in the epoch
   * @throws TrainingDivergedError at the first loss that is not finite
   */
  async epoch(
    signal: AbortSignal | undefined,
    onStep: (step: number) => void,
  ): Promise<TrainedEpoch> {
    const {plan, state} = this;
    const order = this.#epochOrder();
    const imagesDone = state.step * plan.batchSize;
    const [remaining, repeats] = [order.slice(imagesDone), countRepeats(order).slice(imagesDone)];
    // Augmented views are numbered from 1, since 0 is the unaugmented image, and differ between phases.
    const viewIndex = plan.index * 10_000 + state.epoch + 1;
    try {
      for await (const batch of this.inputs.batches(
        remaining,
        plan.batchSize,
        viewIndex,
        repeats,
      )) {
        this.#update(batch);
        onStep(state.step);
        await yieldToEventLoop();
        throwIfAborted(signal);
      }
    } finally {
      this.#steps.sync();
    }
    const {gradientNorm, groupNorms} = state;
    return {
      loss: state.lossSum / state.weightSum,
      accuracy: state.hits / order.length,
      gradientNorm,
      ...(groupNorms && {groupNorms}),
    };
  }

  /** Image indices of the current epoch. */
  #epochOrder(): readonly number[] {
    const {classBalancing, seed, index: phase} = this.plan;
    const {epoch} = this.state;
    if (classBalancing?.classBalance === 'oversample')
      return oversampleEpoch(classBalancing.labels, {seed, phase, epoch});
    const allIndices = Array.from({length: this.inputs.count}, (_, index) => index);
    return shuffle(allIndices, createRng(seed, 'order', phase, epoch));
  }

  /**
   * Validates the current epoch and advances to the next one. A run stopped before that validates it again when resumed.
   * @throws TrainingDivergedError if a probability is NaN
   */
  async endEpoch(validation: BatchSource): Promise<Metrics> {
    const {plan, state} = this;
    const metrics = await evaluateBatches(this.model, validation, {
      steps: this.#steps,
      batchSize: plan.batchSize,
    }).catch((error: unknown) => {
      throw error instanceof NanProbabilityError ? this.#diverged(NaN) : error;
    });
    delete state.groupNorms;
    Object.assign(state, {...INITIAL_TRAINER_STATE, epoch: state.epoch + 1});
    return metrics;
  }

  #diverged(loss: number): TrainingDivergedError {
    const {
      plan: {name: phase, learningRates},
      state: {gradientNorm},
    } = this;
    return new TrainingDivergedError({
      ...{phase, step: this.updates, loss, learningRates},
      gradientNorm,
    });
  }

  #update({x, labels, mixup: mixed}: InputBatch): void {
    const {plan, state} = this;
    const weights = this.#sampleWeights(labels);
    const [loss, hits, gradientNorm, ...groupNorms] = tf.tidy(() => {
      const inputs = {
        ...this.#stepInputs(x, labels, weights),
        ...(mixed && {mixup: this.#mixupTargets(mixed)}),
      };
      const step: TraceableStep<Tensor1D> = {
        name: mixed === undefined ? 'train' : 'train mixup',
        precision: plan.precision,
        run: () => trainStep(this.model, this.optimizer, plan.updateOptions, inputs),
      };
      return this.#steps.run(step, flattenInputs(inputs)).dataSync();
    }) as unknown as readonly [
      loss: number,
      hits: number,
      gradientNorm: number,
      ...groupNorms: number[],
    ];
    x.dispose();
    if (!Number.isFinite(loss)) throw this.#diverged(loss);
    state.gradientNorm = Math.max(state.gradientNorm, gradientNorm);
    if (plan.updateOptions.measuresGroupNorms) this.#addGroupNorms(groupNorms);
    state.step++;
    const weight = weights.reduce((sum, each) => sum + each, 0);
    state.lossSum += loss * weight;
    state.weightSum += weight;
    state.hits += hits;
  }

  #addGroupNorms(norms: readonly number[]): void {
    const groupNorms = (this.state.groupNorms ??= {});
    this.#groups.forEach((group, i) => (groupNorms[group] ??= []).push(norms[i]!));
  }

  #sampleWeights(labels: Int32Array): Float32Array {
    return Float32Array.from(labels, label => this.#classWeights?.get(label) ?? 1);
  }

  #mixupTargets({labels, lambda: share}: NonNullable<InputBatch['mixup']>): MixupTargets {
    return {
      labels: tf.tensor1d(labels, 'int32'),
      sampleWeights: tf.tensor1d(this.#sampleWeights(labels)),
      lambda: tf.scalar(share),
    };
  }

  #stepInputs(x: Tensor, labels: Int32Array, weights: Float32Array): StepInputs {
    const {plan} = this;
    const share = this.#lrSchedule(this.updates);
    const rng = createRng(plan.seed, 'dropout', plan.index, this.updates);
    return {
      x,
      labels: tf.tensor1d(labels, 'int32'),
      sampleWeights: tf.tensor1d(weights),
      learningRates: Object.fromEntries(
        this.#groups.map(group => [group, tf.scalar(plan.learningRates[group]! * share)]),
      ),
      dropoutSeed: tf.tensor1d([rng.integer(2 ** 31), rng.integer(2 ** 31)], 'int32'),
    };
  }

  dispose(): void {
    this.#steps.dispose();
    this.optimizer.dispose();
  }
}
