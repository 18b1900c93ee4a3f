import {toHost, loadStateDict} from '../backbones/parameters.js';
import {
  computeFrozenDepth,
  getLayerGroup,
  LAYER_GROUPS,
  type LayerGroup,
} from '../backbones/layer-groups.js';
import {concatFloat32} from '../core/state-dict.js';
import {augmentationOf} from '../datasets/augmentation/augment.js';
import {isMixing} from '../datasets/augmentation/mixup.js';
import type {Classifier} from '../heads/classifier.js';
import {metricForBestModel} from '../training/loop/class-balance.js';
import {BestCheckpoint} from '../training/loop/best-checkpoint.js';
import {evaluateBatches} from '../training/metrics/evaluate.js';
import {modelLayerGroups, type FeatureCache} from '../training/features/feature-cache.js';
import {withProgress, type BatchSource} from '../training/loop/batch-source.js';
import type {Metrics} from '../training/metrics/metrics.js';
import {createPhaseModel, type PhaseModel} from '../training/loop/phase-model.js';
import {PhaseTrainer, INITIAL_TRAINER_STATE} from '../training/loop/phase-trainer.js';
import type {Checkpoint} from '../training/loop/checkpoint.js';
import type {Checkpoints} from './run/checkpoints.js';
import type {FeatureProgress} from './feature-progress.js';
import {createFeatureStores} from './folds/fold-feature-caches.js';
import type {Prepared} from './prepared.js';
import type {Phase} from './recipe/phases.js';
import type {Recipe} from './recipe/recipe.js';
import type {RunContext} from './run/run-context.js';
import {
  suspiciousImageFindings,
  parseLabelIssues,
  findSuspiciousImages,
  labelIssuesDocument,
  type SuspiciousImages,
} from './label-issues.js';
import type {EpochRow} from '../training/loop/history.js';
import {trainingPlan} from './recipe/training-plan.js';

/** What training leaves: the classifier holds the best weights. */
export interface TrainingResult {
  readonly metrics: Metrics;
  readonly history: readonly EpochRow[];
  /** Validation probabilities of the best weights, `[count * classes]`. */
  readonly probabilities: Float32Array;
  /** Of a run with a phase on features of a wholly frozen backbone. */
  readonly suspiciousImages?: SuspiciousImages;
}

const trainedGroups = ({learningRates}: Phase): ReadonlySet<LayerGroup> =>
  new Set(LAYER_GROUPS.filter(group => learningRates[group] !== null));

/** Runs the phases of a recipe on a classifier, and leaves it with the best weights of all of them. */
export class PhaseRunner {
  readonly #classifier: Classifier;
  readonly #allTrainedGroups: ReadonlySet<LayerGroup>;
  readonly #train: FeatureCache;
  readonly #validation: FeatureCache;
  readonly #best: BestCheckpoint;
  readonly #history: EpochRow[] = [];
  /** Of the training images. */
  readonly #labels: Int32Array;
  #suspiciousImages: SuspiciousImages | undefined;
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
    this.#allTrainedGroups = new Set(recipe.phases.flatMap(phase => [...trainedGroups(phase)]));
    this.#labels = Int32Array.from(split.train, ({label}) => label);
    this.#best = new BestCheckpoint(
      classifier,
      this.#allTrainedGroups,
      metricForBestModel(recipe.classBalance),
    );
    const {train, validation, progress} = createFeatureStores(prepared, recipe, run);
    this.#features = progress;
    this.#train = train;
    this.#validation = validation;
  }

  /** @param from the checkpoint of an interrupted run */
  async train(from?: Checkpoint<EpochRow>): Promise<TrainingResult> {
    if (from !== undefined) this.#resume(from);
    try {
      for (let index = from?.phase ?? 0; index < this.recipe.phases.length; index++) {
        await this.#phase(index, index === from?.phase ? from : undefined);
      }
      await this.onTrained();
      return await this.#finish();
    } finally {
      await this.#train.clear();
      await this.#validation.clear();
    }
  }

  #resume({
    weights,
    best,
    bestMetrics,
    history,
    labelIssues: suspiciousImages,
  }: Checkpoint<EpochRow>): void {
    loadStateDict(this.#classifier.weights, weights);
    this.#best.resume(bestMetrics, best);
    this.#history.push(...history);
    if (suspiciousImages !== undefined)
      this.#reportSuspiciousImages(parseLabelIssues(suspiciousImages, this.prepared.split));
  }

  #network(phase: Phase): PhaseModel {
    return createPhaseModel(this.#classifier, {
      learningRates: phase.learningRates,
      batchNorm: this.recipe.batchNorm,
    });
  }

  #frozenDepth = (phase: Phase): number =>
    computeFrozenDepth(phase.learningRates, this.recipe.lastStage);

  async #phase(index: number, from?: Checkpoint<EpochRow>): Promise<void> {
    const phase = this.recipe.phases[index]!;
    const network = this.#network(phase);
    let trainer: PhaseTrainer | undefined;
    try {
      const {train, validation} = await this.#inputs(index, network);
      const onTraced = (step: string): void => this.run.emit({type: 'traced', step});
      trainer = new PhaseTrainer(
        network,
        train.inputs,
        trainingPlan(this.recipe, index, this.#labels),
        from?.trainerState ?? INITIAL_TRAINER_STATE,
        onTraced,
      );
      if (from !== undefined) trainer.optimizer.restore(from.optimizer);
      if (train.cached && validation.cached)
        await this.#findSuspiciousImages(network, {
          train: train.inputs,
          validation: validation.inputs,
        });
      if (train.cached) this.#reportMixingDisabled(phase);
      this.run.emit({
        type: 'phase',
        index,
        phase,
        steps: phase.epochs * trainer.stepsPerEpoch,
        cached: train.cached,
      });
      while (trainer.state.epoch < phase.epochs)
        await this.#epoch(index, trainer, validation.inputs);
      await this.checkpoints.writeOrWarn(() => this.#snapshot(index, trainer));
    } catch (error) {
      if (this.run.signal?.aborted)
        await this.checkpoints.write(() => this.#snapshot(index, trainer, from));
      throw error;
    } finally {
      trainer?.dispose();
      network.dispose();
    }
    this.#best.restore();
    if (index === this.recipe.phases.length - 1) return;
    const remainingDepths = this.#frozenDepthsAhead(index + 1);
    for (const store of [this.#train, this.#validation])
      await store.retainOnly(remainingDepths, trainedGroups(phase), modelLayerGroups(network));
  }

  #reportMixingDisabled({name}: Phase): void {
    const {mixing} = augmentationOf(this.recipe.augment);
    if (mixing === undefined || !isMixing(mixing)) return;
    this.run.emit({
      type: 'info',
      message: `Phase ${name} trains on kept features, which are of single images: nothing is mixed in it.`,
    });
  }

  /** Once, and by vectors: feature maps say more of where things are than of what they are. */
  async #findSuspiciousImages(
    network: PhaseModel,
    sets: {readonly train: BatchSource; readonly validation: BatchSource},
  ): Promise<void> {
    if (this.#suspiciousImages !== undefined || network.frozenDepth <= this.recipe.lastStage)
      return;
    const search = (): Promise<SuspiciousImages> => findSuspiciousImages(this.prepared, sets);
    this.#reportSuspiciousImages(
      await this.run.time(
        'features',
        () => this.run.sharedData?.suspiciousImages(search) ?? search(),
      ),
    );
  }

  #reportSuspiciousImages(suspiciousImages: SuspiciousImages): void {
    this.#suspiciousImages = suspiciousImages;
    suspiciousImageFindings(suspiciousImages).forEach(finding => this.run.addFinding(finding));
  }

  async #inputs(
    index: number,
    network: PhaseModel,
  ): Promise<Record<'train' | 'validation', Awaited<ReturnType<FeatureCache['inputs']>>>> {
    const depthsAhead = this.#frozenDepthsAhead(index);
    return this.#features.track(async () => ({
      train: await this.#train.inputs(network, depthsAhead),
      validation: await this.#validation.inputs(network, depthsAhead),
    }));
  }

  /** Boundaries of the phases from `index` on whose frozen groups no phase before them moves. */
  #frozenDepthsAhead(index: number): number[] {
    let trainedDepth = Infinity;
    return this.recipe.phases.slice(index).flatMap(phase => {
      const frozenDepth = this.#frozenDepth(phase);
      const usable = frozenDepth <= trainedDepth;
      trainedDepth = Math.min(trainedDepth, frozenDepth);
      return usable ? [frozenDepth] : [];
    });
  }

  async #epoch(index: number, trainer: PhaseTrainer, validation: BatchSource): Promise<void> {
    const {run} = this;
    const phase = this.recipe.phases[index]!;
    const startTime = performance.now();
    const {lrFactor} = trainer;
    const where = {epoch: trainer.state.epoch};
    const {count} = trainer.inputs;
    const onStep = (step: number): void =>
      run.progress('train', Math.min(count, step * this.recipe.batchSize), count, 'images', where);
    const trainingLoss = await run.time('train', () => trainer.epoch(run.signal, onStep));
    const metrics = await run.time('evaluate', () =>
      trainer.endEpoch(withProgress(validation, run.imageProgress('evaluate', where))),
    );
    const best = this.#best.update(metrics, trainedGroups(phase));
    const seconds = (performance.now() - startTime) / 1000;
    const {epoch} = trainer.state;
    const learningRate =
      Math.max(...Object.values(phase.learningRates).map(lr => lr ?? 0)) * lrFactor;
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
    const epochEvent = {
      phase: phase.name,
      epoch: epoch - 1,
      epochs: phase.epochs,
      trainingLoss,
      metrics,
      best,
      learningRate,
      seconds,
    };
    run.emit({type: 'epoch', ...epochEvent});
    await this.checkpoints.writeIfDue(() => this.#snapshot(index, trainer));
  }

  /** The state now; before a phase's first update it is what the phase starts from. */
  #snapshot(
    phase: number,
    trainer?: PhaseTrainer,
    from?: Checkpoint<EpochRow>,
  ): Checkpoint<EpochRow> {
    const weights = toHost(this.#classifier.weights, name =>
      this.#allTrainedGroups.has(getLayerGroup(name)),
    );
    const {metrics, tensors} = this.#best;
    return {
      phase,
      trainerState: {...(trainer?.state ?? from?.trainerState ?? INITIAL_TRAINER_STATE)},
      history: this.#history,
      ...(metrics !== undefined && {bestMetrics: metrics}),
      ...(this.#suspiciousImages !== undefined && {
        labelIssues: labelIssuesDocument(this.prepared, this.#suspiciousImages),
      }),
      weights,
      optimizer: trainer?.optimizer.state() ?? from?.optimizer ?? new Map(),
      best: tensors,
    };
  }

  /** Validates the best weights once more, for the probabilities behind the metrics. */
  async #finish(): Promise<TrainingResult> {
    const network = this.#network(this.recipe.phases.at(-1)!);
    const probabilityBatches: Float32Array[] = [];
    try {
      const {inputs} = await this.#validation.inputs(network);
      const trackedInputs = withProgress(inputs, this.run.imageProgress('evaluate'));
      const options = {
        batchSize: this.recipe.batchSize,
        onProbabilities: (probabilityBatch: Float32Array) =>
          void probabilityBatches.push(probabilityBatch),
      };
      const metrics = await this.run.time('evaluate', () =>
        evaluateBatches(network, trackedInputs, options),
      );
      const suspiciousImages =
        this.#suspiciousImages === undefined ? {} : {suspiciousImages: this.#suspiciousImages};
      return {
        metrics,
        history: this.#history,
        probabilities: concatFloat32(probabilityBatches),
        ...suspiciousImages,
      };
    } finally {
      network.dispose();
    }
  }
}
