import {FinetuneError} from '../core/errors.js';
import {random, shuffled} from '../core/random.js';
import {groupOf, LAYER_GROUPS, type GroupRates, type LayerGroup} from '../backbones/layer-groups.js';
import type {Precision} from '../engine/precision.js';
import {RecordedSteps, type Step} from '../engine/recorded-steps.js';
import {tf, type Scalar, type Tensor} from '../engine/tensorflow.js';
import {balancedOrder, classWeights, turnsOf, type Balancing} from './balance.js';
import {evaluateInputs} from './evaluate.js';
import type {InputBatch, Inputs} from './inputs.js';
import {warmupThenCosine, type LearningRate} from './learning-rate.js';
import {NotANumberError, type Metrics} from './metrics.js';
import {nextTurn} from './next-turn.js';
import {createOptimizer, type Optimizer, type OptimizerSpec} from './optimizer.js';
import type {PhaseNetwork} from './phase-network.js';
import {trainStep, type MixedTargets, type StepInputs, type StepRules} from './train-step.js';

/** Everything that decides what a phase does, but the network and the inputs. */
export interface TrainingPlan {
  readonly name: string;
  /** Place of the phase in its schedule; shuffles of different phases differ. */
  readonly index: number;
  readonly epochs: number;
  readonly rates: GroupRates;
  readonly batchSize: number;
  readonly optimizer: OptimizerSpec;
  readonly rules: StepRules;
  /** Where classes are to count alike. */
  readonly balancing?: Balancing;
  /** Updates over which the rates rise. */
  readonly warmupSteps: number;
  readonly seed: number;
  /** Of an update's convolutions; what is validated is float32. */
  readonly precision: Precision;
}

/** How far a phase has come; all that a checkpoint must say beside tensors. */
export interface Position {
  /** Epochs finished. */
  epoch: number;
  /** Updates done of the epoch begun. */
  step: number;
  /** Sum over the examples of the epoch begun, each by its weight, for its mean loss. */
  lossSum: number;
  /** Sum of their weights. */
  examples: number;
}

export const START: Readonly<Position> = {epoch: 0, step: 0, lossSum: 0, examples: 0};

/** The loss is no longer a number, in training or in validation. An hour of training on NaN would be our fault, not the user's. */
export class DivergedError extends FinetuneError {
  override readonly name = 'DivergedError';
  override readonly code = 'DIVERGED';

  constructor(
    readonly phase: string,
    /** Updates done since the phase began. */
    readonly step: number,
    readonly loss: number,
    readonly rates: GroupRates,
  ) {
    const shown = LAYER_GROUPS.filter(group => rates[group] !== null).map(group => `${group} ${rates[group]}`);
    super(
      `Expected a finite loss in phase "${phase}", but found ${loss} after ${step} updates (rates: ${shown.join(', ')}). ` +
        `Lower --lr, or give the phase a longer warm-up by more epochs.`,
    );
  }
}

/** Inputs by name; groups and fields share none. */
const flat = ({rates, mixed, ...tensors}: StepInputs): Map<string, Tensor> =>
  new Map(
    Object.entries({
      ...tensors,
      ...rates,
      ...(mixed && {mixedLabels: mixed.labels, mixedWeights: mixed.exampleWeights, share: mixed.share}),
    }),
  );

/** Trains the groups of one phase, epoch by epoch. Whoever makes it disposes it. */
export class PhaseTrainer {
  readonly optimizer: Optimizer;
  readonly position: Position;
  readonly stepsPerEpoch: number;
  readonly #learningRate: LearningRate;
  readonly #groups: readonly LayerGroup[];
  readonly #steps: RecordedSteps;
  readonly #classWeights: ReadonlyMap<number, number> | undefined;

  constructor(
    readonly network: PhaseNetwork,
    readonly inputs: Inputs,
    readonly plan: TrainingPlan,
    position: Readonly<Position> = START,
    onRecorded?: (what: string) => void,
  ) {
    this.optimizer = createOptimizer(plan.optimizer, network.trained);
    this.position = {...position};
    this.stepsPerEpoch = Math.ceil(inputs.count / plan.batchSize);
    this.#learningRate = warmupThenCosine(plan.warmupSteps, plan.epochs * this.stepsPerEpoch);
    this.#groups = [...new Set([...network.trained.keys()].map(groupOf))];
    this.#classWeights = plan.balancing?.balance === 'loss' ? classWeights(plan.balancing.labels) : undefined;
    this.#steps = new RecordedSteps(new Map([...network.used, ...this.optimizer.variables]), {constants: network.folded, onRecorded});
  }

  /** Updates done since the phase began. */
  get updates(): number {
    return this.position.epoch * this.stepsPerEpoch + this.position.step;
  }

  /** Share of the peak rates that the first update of the epoch begun takes. */
  get rateShare(): number {
    return this.#learningRate(this.position.epoch * this.stepsPerEpoch);
  }

  /**
   * Runs the updates that are left of the epoch begun.
   * @param onStep told after each update how many of the epoch's are done
   * @returns mean training loss over the epoch's examples
   * @throws DivergedError at the first loss that is not finite
   */
  async epoch(signal: AbortSignal | undefined, onStep: (step: number) => void): Promise<number> {
    const {plan, position} = this;
    const order = this.#order();
    const done = position.step * plan.batchSize;
    const [left, turns] = [order.slice(done), turnsOf(order).slice(done)];
    // View numbers start at 1 where 0 is the plain picture, and differ from phase to phase.
    const variation = plan.index * 10_000 + position.epoch + 1;
    try {
      for await (const batch of this.inputs.batches(left, plan.batchSize, variation, turns)) {
        this.#update(batch);
        onStep(position.step);
        await nextTurn();
        signal?.throwIfAborted();
      }
    } finally {
      this.#steps.sync();
    }
    return position.lossSum / position.examples;
  }

  /** The images of the epoch begun. */
  #order(): readonly number[] {
    const {balancing, seed, index: phase} = this.plan;
    const {epoch} = this.position;
    if (balancing?.balance === 'sample') return balancedOrder(balancing.labels, {seed, phase, epoch});
    const everything = Array.from({length: this.inputs.count}, (_, index) => index);
    return shuffled(everything, random(seed, 'order', phase, epoch));
  }

  /**
   * Validates what the epoch has made of the network, and goes on to the next: a run that is stopped before comes back to validate it.
   * @throws DivergedError where a probability is not a number
   */
  async closeEpoch(validation: Inputs): Promise<Metrics> {
    const {plan, position} = this;
    const metrics = await evaluateInputs(this.network, validation, {steps: this.#steps, batchSize: plan.batchSize}).catch(
      (error: unknown) => {
        throw error instanceof NotANumberError ? new DivergedError(plan.name, this.updates, NaN, plan.rates) : error;
      },
    );
    Object.assign(position, {epoch: position.epoch + 1, step: 0, lossSum: 0, examples: 0});
    return metrics;
  }

  #update({x, labels, mixed}: InputBatch): void {
    const {plan, position} = this;
    const weights = this.#weightsOf(labels);
    const loss = tf.tidy(() => {
      const inputs = {...this.#inputs(x, labels, weights), ...(mixed && {mixed: this.#mixedTargets(mixed)})};
      const step: Step<Scalar> = {
        name: mixed === undefined ? 'train' : 'train mixed',
        precision: plan.precision,
        run: () => trainStep(this.network, this.optimizer, plan.rules, inputs),
      };
      return this.#steps.run(step, flat(inputs)).dataSync()[0]!;
    });
    x.dispose();
    if (!Number.isFinite(loss)) throw new DivergedError(plan.name, this.updates, loss, plan.rates);
    position.step++;
    const weight = weights.reduce((sum, each) => sum + each, 0);
    position.lossSum += loss * weight;
    position.examples += weight;
  }

  #weightsOf(labels: Int32Array): Float32Array {
    return Float32Array.from(labels, label => this.#classWeights?.get(label) ?? 1);
  }

  #mixedTargets({labels, share}: NonNullable<InputBatch['mixed']>): MixedTargets {
    return {labels: tf.tensor1d(labels, 'int32'), exampleWeights: tf.tensor1d(this.#weightsOf(labels)), share: tf.scalar(share)};
  }

  #inputs(x: Tensor, labels: Int32Array, weights: Float32Array): StepInputs {
    const {plan} = this;
    const share = this.#learningRate(this.updates);
    const drawn = random(plan.seed, 'dropout', plan.index, this.updates);
    return {
      x,
      labels: tf.tensor1d(labels, 'int32'),
      exampleWeights: tf.tensor1d(weights),
      rates: Object.fromEntries(this.#groups.map(group => [group, tf.scalar(plan.rates[group]! * share)])),
      dropoutSeed: tf.tensor1d([drawn.integer(2 ** 31), drawn.integer(2 ** 31)], 'int32'),
    };
  }

  dispose(): void {
    this.#steps.dispose();
    this.optimizer.dispose();
  }
}
