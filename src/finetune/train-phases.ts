import {download, restore} from '../backbones/device-weights.js';
import {frozenBoundary, groupOf, LAYER_GROUPS, type LayerGroup} from '../backbones/layer-groups.js';
import {concatenated} from '../core/host-tensor.js';
import {augmentationOf} from '../datasets/augment.js';
import {isMixing} from '../datasets/mix.js';
import type {Classifier} from '../heads/classifier.js';
import {measureOf} from '../training/balance.js';
import {BestWeights} from '../training/best-weights.js';
import {evaluateInputs} from '../training/evaluate.js';
import {groupsOf, type FeatureStore} from '../training/feature-store.js';
import {counted, type Inputs} from '../training/inputs.js';
import type {Metrics} from '../training/metrics.js';
import {phaseNetwork, type PhaseNetwork} from '../training/phase-network.js';
import {PhaseTrainer, START} from '../training/phase-trainer.js';
import type {Checkpoint} from '../training/checkpoint.js';
import {Checkpoints} from './checkpoints.js';
import type {FeatureProgress} from './feature-progress.js';
import {featureStores} from './feature-stores.js';
import type {Prepared} from './prepare.js';
import type {Phase, Recipe} from './recipe.js';
import type {RunContext} from './run-context.js';
import {oddFindings, oddFrom, oddSamples, suspectsDocument, type OddSamples} from './suspects.js';
import type {EpochRow} from '../training/history.js';
import {trainingPlan} from './training-plan.js';

/** What training leaves: the classifier holds the best weights. */
export interface Trained {
  readonly metrics: Metrics;
  readonly history: readonly EpochRow[];
  /** Validation probabilities of the best weights, `[count * classes]`. */
  readonly probabilities: Float32Array;
  /** Of a run with a phase on features of a wholly frozen backbone. */
  readonly odd?: OddSamples;
}

const trainedBy = ({rates}: Phase): ReadonlySet<LayerGroup> => new Set(LAYER_GROUPS.filter(group => rates[group] !== null));

/** Runs the phases of a recipe on a classifier, and leaves it with the best weights of all of them. */
export class PhaseRunner {
  readonly #classifier: Classifier;
  readonly #everTrained: ReadonlySet<LayerGroup>;
  readonly #train: FeatureStore;
  readonly #validation: FeatureStore;
  readonly #best: BestWeights;
  readonly #history: EpochRow[] = [];
  /** Of the training images. */
  readonly #labels: Int32Array;
  #odd: OddSamples | undefined;
  readonly #features: FeatureProgress;

  constructor(
    readonly prepared: Prepared,
    readonly recipe: Recipe,
    readonly run: RunContext,
    readonly checkpoints: Checkpoints,
    /** Told when the classifier holds the best weights, before they are validated once more. */
    readonly onTrained: () => Promise<void> = async () => {},
  ) {
    const {classifier, split} = prepared;
    this.#classifier = classifier;
    this.#everTrained = new Set(recipe.freeze.flatMap(phase => [...trainedBy(phase)]));
    this.#labels = Int32Array.from(split.train, ({label}) => label);
    this.#best = new BestWeights(classifier, this.#everTrained, measureOf(recipe.balance));
    const {train, validation, progress} = featureStores(prepared, recipe, run);
    this.#features = progress;
    this.#train = train;
    this.#validation = validation;
  }

  /** @param from the checkpoint of an interrupted run */
  async train(from?: Checkpoint<EpochRow>): Promise<Trained> {
    if (from !== undefined) this.#resume(from);
    try {
      for (let index = from?.phase ?? 0; index < this.recipe.freeze.length; index++) {
        await this.#phase(index, index === from?.phase ? from : undefined);
      }
      await this.onTrained();
      return await this.#finish();
    } finally {
      await this.#train.clear();
      await this.#validation.clear();
    }
  }

  #resume({weights, best, bestMetrics, history, odd}: Checkpoint<EpochRow>): void {
    restore(this.#classifier.weights, weights);
    this.#best.adopt(bestMetrics, best);
    this.#history.push(...history);
    if (odd !== undefined) this.#tellOdd(oddFrom(odd, this.prepared.split));
  }

  #network(phase: Phase): PhaseNetwork {
    return phaseNetwork(this.#classifier, {rates: phase.rates, batchNorm: this.recipe.batchNorm});
  }

  #boundary = (phase: Phase): number => frozenBoundary(phase.rates, this.recipe.lastStage);

  async #phase(index: number, from?: Checkpoint<EpochRow>): Promise<void> {
    const phase = this.recipe.freeze[index]!;
    const network = this.#network(phase);
    let trainer: PhaseTrainer | undefined;
    try {
      const {train, validation} = await this.#inputs(index, network);
      const recorded = (step: string): void => this.run.emit({type: 'recorded', step});
      trainer = new PhaseTrainer(network, train.inputs, trainingPlan(this.recipe, index, this.#labels), from?.position ?? START, recorded);
      if (from !== undefined) trainer.optimizer.restore(from.optimizer);
      if (train.cached && validation.cached) await this.#lookForOddImages(network, {train: train.inputs, validation: validation.inputs});
      if (train.cached) this.#tellOfMixing(phase);
      this.run.emit({type: 'phase', index, phase, steps: phase.epochs * trainer.stepsPerEpoch, cached: train.cached});
      while (trainer.position.epoch < phase.epochs) await this.#epoch(index, trainer, validation.inputs);
      await this.checkpoints.tryToWrite(() => this.#snapshot(index, trainer));
    } catch (error) {
      if (this.run.signal?.aborted) await this.checkpoints.write(() => this.#snapshot(index, trainer, from));
      throw error;
    } finally {
      trainer?.dispose();
      network.dispose();
    }
    this.#best.restore();
    if (index === this.recipe.freeze.length - 1) return;
    const stillAhead = this.#boundariesAhead(index + 1);
    for (const store of [this.#train, this.#validation]) await store.keepOnly(stillAhead, trainedBy(phase), groupsOf(network));
  }

  #tellOfMixing({name}: Phase): void {
    const {mixing} = augmentationOf(this.recipe.augment);
    if (mixing === undefined || !isMixing(mixing)) return;
    this.run.emit({
      type: 'notice',
      message: `Phase ${name} trains on kept features, which are of single pictures: nothing is mixed in it.`,
    });
  }

  /** Once, and by vectors: feature maps say more of where things are than of what they are. */
  async #lookForOddImages(network: PhaseNetwork, sets: {readonly train: Inputs; readonly validation: Inputs}): Promise<void> {
    if (this.#odd !== undefined || network.boundary <= this.recipe.lastStage) return;
    const look = (): Promise<OddSamples> => oddSamples(this.prepared, sets);
    this.#tellOdd(await this.run.time('features', () => this.run.share?.odd(look) ?? look()));
  }

  #tellOdd(odd: OddSamples): void {
    this.#odd = odd;
    oddFindings(odd).forEach(finding => this.run.find(finding));
  }

  async #inputs(
    index: number,
    network: PhaseNetwork,
  ): Promise<Record<'train' | 'validation', Awaited<ReturnType<FeatureStore['inputs']>>>> {
    const ahead = this.#boundariesAhead(index);
    return this.#features.watch(async () => ({
      train: await this.#train.inputs(network, ahead),
      validation: await this.#validation.inputs(network, ahead),
    }));
  }

  /** Boundaries of the phases from `index` on whose frozen groups no phase before them moves. */
  #boundariesAhead(index: number): number[] {
    let moved = Infinity;
    return this.recipe.freeze.slice(index).flatMap(phase => {
      const boundary = this.#boundary(phase);
      const usable = boundary <= moved;
      moved = Math.min(moved, boundary);
      return usable ? [boundary] : [];
    });
  }

  async #epoch(index: number, trainer: PhaseTrainer, validation: Inputs): Promise<void> {
    const {run} = this;
    const phase = this.recipe.freeze[index]!;
    const begun = performance.now();
    const {rateShare} = trainer;
    const where = {epoch: trainer.position.epoch};
    const {count} = trainer.inputs;
    const onStep = (step: number): void => run.progress('train', Math.min(count, step * this.recipe.batchSize), count, 'images', where);
    const trainingLoss = await run.time('train', () => trainer.epoch(run.signal, onStep));
    const metrics = await run.time('evaluate', () => trainer.closeEpoch(counted(validation, run.counting('evaluate', where))));
    const best = this.#best.consider(metrics, trainedBy(phase));
    const seconds = (performance.now() - begun) / 1000;
    const {epoch} = trainer.position;
    const learningRate = Math.max(...Object.values(phase.rates).map(rate => rate ?? 0)) * rateShare;
    this.#history.push({
      phase: phase.name,
      epoch,
      step: trainer.updates,
      learningRate,
      trainingLoss,
      validationLoss: metrics.loss,
      validationAccuracy: metrics.accuracy,
      validationBalancedAccuracy: metrics.balancedAccuracy,
      seconds,
    });
    const told = {phase: phase.name, epoch: epoch - 1, epochs: phase.epochs, trainingLoss, metrics, best, learningRate, seconds};
    run.emit({type: 'epoch', ...told});
    await this.checkpoints.writeIfDue(() => this.#snapshot(index, trainer));
  }

  /** The state now; before a phase's first update it is what the phase starts from. */
  #snapshot(phase: number, trainer?: PhaseTrainer, from?: Checkpoint<EpochRow>): Checkpoint<EpochRow> {
    const weights = download(this.#classifier.weights, name => this.#everTrained.has(groupOf(name)));
    const {metrics, tensors} = this.#best;
    return {
      phase,
      position: {...(trainer?.position ?? from?.position ?? START)},
      history: this.#history,
      ...(metrics !== undefined && {bestMetrics: metrics}),
      ...(this.#odd !== undefined && {odd: suspectsDocument(this.prepared, this.#odd)}),
      weights,
      optimizer: trainer?.optimizer.state() ?? from?.optimizer ?? new Map(),
      best: tensors,
    };
  }

  /** Validates the best weights once more, for the probabilities behind the metrics. */
  async #finish(): Promise<Trained> {
    const network = this.#network(this.recipe.freeze.at(-1)!);
    const parts: Float32Array[] = [];
    try {
      const {inputs} = await this.#validation.inputs(network);
      const watched = counted(inputs, this.run.counting('evaluate'));
      const options = {batchSize: this.recipe.batchSize, onProbabilities: (part: Float32Array) => void parts.push(part)};
      const metrics = await this.run.time('evaluate', () => evaluateInputs(network, watched, options));
      const odd = this.#odd === undefined ? {} : {odd: this.#odd};
      return {metrics, history: this.#history, probabilities: concatenated(parts), ...odd};
    } finally {
      network.dispose();
    }
  }
}
