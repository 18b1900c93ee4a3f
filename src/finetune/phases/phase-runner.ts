import {withProgress, type BatchSource} from '../../training/loop/batch-source.js';
import {createPhaseModel, type PhaseModel} from '../../training/loop/phase-model.js';
import {PhaseTrainer} from '../../training/loop/phase-trainer.js';
import {INITIAL_TRAINER_STATE} from '../../training/loop/training-plan.js';
import {evaluateBatches} from '../../training/metrics/evaluate.js';
import type {Prepared} from '../preparation/prepared.js';
import type {Phase, Recipe} from '../recipe/recipe.js';
import {trainingPlan} from '../recipe/training-plan.js';
import type {Checkpoints} from '../run/checkpoints.js';
import type {RunContext} from '../run/run-context.js';
import {GradientWatch} from './gradient-watch.js';
import {HeadSolver} from './head-solver.js';
import {PhaseData, trainedGroups, type PhaseInputs} from './phase-data.js';
import {RunState, type RunCheckpoint} from './run-state.js';
import {measureBestWeights, type TrainingResult} from './training-result.js';

/** Runs the phases of a recipe on a classifier. Afterwards the classifier holds the best weights of all phases. */
export class PhaseRunner {
  readonly #data: PhaseData;
  readonly #state: RunState;
  readonly #headSolver: HeadSolver;
  /** Labels of the training images. */
  readonly #labels: Int32Array;

  constructor(
    readonly prepared: Prepared,
    readonly recipe: Recipe,
    readonly run: RunContext,
    readonly checkpoints: Checkpoints,
    /** Called when the classifier holds the best weights, before their final validation, and again if that has calibrated them. */
    readonly onTrained: () => Promise<void> = async () => {},
  ) {
    this.#state = new RunState(prepared, recipe, run);
    this.#data = new PhaseData(prepared, recipe, run);
    this.#headSolver = new HeadSolver(prepared, recipe, run);
    this.#labels = Int32Array.from(prepared.split.train, ({label}) => label);
  }

  /** @param from checkpoint of an interrupted run */
  async train(from?: RunCheckpoint): Promise<TrainingResult> {
    if (from !== undefined) this.#state.resume(from);
    try {
      for (let index = from?.phase ?? 0; index < this.recipe.phases.length; index++)
        await this.#phase(index, index === from?.phase ? from : undefined);
      await this.onTrained();
      const result = await this.#finish();
      if (result.calibration.temperature !== 1) await this.onTrained();
      return result;
    } finally {
      await this.#data.clear();
    }
  }

  async #phase(index: number, from?: RunCheckpoint): Promise<void> {
    const model = this.#modelOf(this.recipe.phases[index]!);
    let trainer: PhaseTrainer | undefined;
    try {
      const inputs = await this.#data.inputs(index, model);
      const views = this.#headSolver.viewsFor(this.recipe.phases[index]!, inputs);
      if (views === 0) trainer = this.#createTrainer(index, model, inputs.train, from);
      await this.#state.labelIssues.search(model, inputs);
      if (trainer === undefined) await this.#solveHead(index, model, inputs, views);
      else await this.#trainEpochs(index, trainer, inputs);
    } catch (error) {
      if (this.run.signal?.aborted)
        await this.checkpoints.write(() => this.#state.snapshot(index, trainer, from));
      throw error;
    } finally {
      trainer?.dispose();
      model.dispose();
    }
    this.#state.best.restore();
    if (index < this.recipe.phases.length - 1) await this.#data.retainUsable(index, model);
  }

  #modelOf({learningRates}: Phase): PhaseModel {
    const {batchNorm} = this.recipe;
    return createPhaseModel(this.prepared.classifier, {learningRates, batchNorm});
  }

  #createTrainer(
    index: number,
    model: PhaseModel,
    inputs: BatchSource,
    from?: RunCheckpoint,
  ): PhaseTrainer {
    const trainer = new PhaseTrainer(
      model,
      inputs,
      trainingPlan(this.recipe, index, this.#labels, this.run.tracker.showsGroupNorms),
      from?.trainerState ?? INITIAL_TRAINER_STATE,
      step => this.run.emit({type: 'traced', step}),
    );
    if (from !== undefined) trainer.optimizer.restore(from.optimizer);
    return trainer;
  }

  /** Solves the head of a phase, unless that was done before the run was interrupted. */
  async #solveHead(
    index: number,
    model: PhaseModel,
    {trainTable, validation}: PhaseInputs,
    views: number,
  ): Promise<void> {
    if (this.#state.headSolutions.some(({phaseIndex}) => phaseIndex === index)) return;
    const {run} = this;
    const phase = {...this.recipe.phases[index]!, epochs: 1};
    run.emit({type: 'phase', index, phase, steps: 1, cached: true, isSolved: true});
    const solution = await run.time('train', () =>
      this.#headSolver.solve(index, trainTable!, views),
    );
    run.emit({type: 'head-solved', solution});
    const {batchSize} = this.recipe;
    const metrics = await run.time('evaluate', () =>
      evaluateBatches(model, withProgress(validation, run.imageProgress('evaluate', {epoch: 0})), {
        batchSize,
      }),
    );
    this.#state.headSolutions = [...this.#state.headSolutions, solution];
    const best = this.#state.best.update(metrics, trainedGroups(phase));
    const {loss, iterations: updates, seconds} = solution;
    this.#state.history.add(
      phase,
      {state: {epoch: 1}, updates},
      {lrFactor: null, training: {loss, accuracy: null}, metrics, best, seconds},
    );
    await this.checkpoints.writeOrWarn(() => this.#state.snapshot(index));
  }

  /** Trains the remaining epochs of a phase. */
  async #trainEpochs(
    index: number,
    trainer: PhaseTrainer,
    {trainCached, validation}: PhaseInputs,
  ): Promise<void> {
    const phase = this.recipe.phases[index]!;
    const steps = phase.epochs * trainer.stepsPerEpoch;
    this.run.emit({type: 'phase', index, phase, steps, cached: trainCached});
    const snapshot = (): RunCheckpoint => this.#state.snapshot(index, trainer);
    const gradients = new GradientWatch();
    while (trainer.state.epoch < phase.epochs) {
      await this.#epoch(phase, trainer, validation, gradients);
      await this.checkpoints.writeIfDue(snapshot);
    }
    await this.checkpoints.writeOrWarn(snapshot);
  }

  async #epoch(
    phase: Phase,
    trainer: PhaseTrainer,
    validation: BatchSource,
    gradients: GradientWatch,
  ): Promise<void> {
    const {run} = this;
    const startTime = performance.now();
    const {lrFactor} = trainer;
    const where = {epoch: trainer.state.epoch};
    const {count} = trainer.inputs;
    const onStep = (step: number): void =>
      run.progress('train', Math.min(count, step * this.recipe.batchSize), count, 'images', where);
    const training = await run.time('train', () => trainer.epoch(run.signal, onStep));
    const message = gradients.check(phase.name, training.gradientNorm, this.recipe.clipNorm);
    if (message !== undefined) run.emit({type: 'info', message});
    const metrics = await run.time('evaluate', () =>
      trainer.endEpoch(withProgress(validation, run.imageProgress('evaluate', where))),
    );
    const best = this.#state.best.update(metrics, trainedGroups(phase));
    const seconds = (performance.now() - startTime) / 1000;
    this.#state.history.add(phase, trainer, {lrFactor, training, metrics, best, seconds});
  }

  async #finish(): Promise<TrainingResult> {
    const model = this.#modelOf(this.recipe.phases.at(-1)!);
    try {
      const validation = await this.#data.validationInputs(model);
      const {batchSize} = this.recipe;
      const labels = Int32Array.from(this.prepared.split.validation, ({label}) => label);
      return await measureBestWeights(model, validation, labels, batchSize, this.#state, this.run);
    } finally {
      model.dispose();
    }
  }
}
