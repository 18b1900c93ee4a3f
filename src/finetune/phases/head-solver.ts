import {loadStateDict} from '../../backbones/parameters.js';
import {throwIfAborted} from '../../core/errors.js';
import {yieldToEventLoop} from '../../core/async.js';
import {readSystemResources} from '../../core/system-resources.js';
import type {FeatureTable} from '../../training/features/feature-table.js';
import {canHoldOut} from '../../training/head-solver/cross-validation-folds.js';
import {createFeatureMatrix, matrixBytes} from '../../training/head-solver/feature-matrix.js';
import {solveHead, type HeadSolution} from '../../training/head-solver/solve-head.js';
import {computeImageWeights} from '../../training/loop/class-balance.js';
import type {Prepared} from '../preparation/prepared.js';
import {trainsOnlyHead} from '../recipe/phases.js';
import type {Phase, Recipe} from '../recipe/recipe.js';
import type {RunContext} from '../run/run-context.js';
import {groupTrainingImages} from './group-training-images.js';
import type {PhaseInputs} from './phase-data.js';

/** Maximum bytes of the features on the device; half of the free memory also limits them. */
const MAX_BYTES = 2 ** 32;

/** Solves the head of a phase on cached features. */
export class HeadSolver {
  readonly #labels: Int32Array;
  #cachedGroups: readonly unknown[] | undefined;

  constructor(
    readonly prepared: Prepared,
    readonly recipe: Recipe,
    readonly run: RunContext,
  ) {
    this.#labels = Int32Array.from(prepared.split.train, ({label}) => label);
  }

  /**
   * Number of views to solve with: as many as fit into memory. 0 if the phase has to be trained in epochs, which is reported if the recipe
   * wants its head solved.
   */
  viewsFor(phase: Phase, {trainTable}: PhaseInputs, freeBytes = this.#freeBytes()): number {
    if (this.recipe.headSolver !== 'lbfgs' || !trainsOnlyHead(phase)) return 0;
    if (!canHoldOut({labels: this.#labels, groups: this.#groups})) {
      this.#reportTrained(
        phase,
        'Every class is a single group of images, so none can be held out to choose the penalty',
      );
      return 0;
    }
    const needed = trainTable && matrixBytes(trainTable, 1);
    const views =
      trainTable === undefined ? 0 : Math.min(trainTable.views, Math.floor(freeBytes / needed!));
    if (views === 0)
      this.#reportTrained(
        phase,
        needed === undefined
          ? 'Its features are not cached'
          : `Its features take ${Math.ceil(needed / 2 ** 20)} MiB, more than half of the free memory`,
      );
    return views;
  }

  /** Grouped on first use, since a recipe may solve no head. */
  get #groups(): readonly unknown[] {
    return (this.#cachedGroups ??= groupTrainingImages(this.prepared, this.recipe));
  }

  #freeBytes(): number {
    return Math.min(MAX_BYTES, readSystemResources().memoryFree / 2);
  }

  #reportTrained({name}: Phase, reason: string): void {
    this.run.emit({
      type: 'info',
      message: `Phase ${name} trains in epochs instead of being solved. ${reason}.`,
    });
  }

  /** Solves the head and loads it into the classifier. */
  async solve(phaseIndex: number, table: FeatureTable, views: number): Promise<HeadSolution> {
    const {prepared, recipe, run} = this;
    const startTime = performance.now();
    const matrix = await createFeatureMatrix(table, views);
    try {
      const {weight, bias, ...solution} = await solveHead(matrix, {
        labels: this.#labels,
        classes: prepared.classifier.classNames.length,
        weights: computeImageWeights(this.#labels, recipe.classBalance),
        labelSmoothing: recipe.labelSmoothing,
        groups: this.#groups,
        seed: recipe.seed,
        onIteration: async () => {
          await yieldToEventLoop();
          throwIfAborted(run.signal);
        },
        onFit: (done, total) => run.progress('train', done, total, 'fits', {step: 'solving'}),
      });
      const {weights, classNames, layers} = prepared.classifier;
      const {name} = layers[0]!;
      loadStateDict(
        weights,
        new Map([
          [`${name}.weight`, {shape: [classNames.length, matrix.width], data: weight}],
          [`${name}.bias`, {shape: [classNames.length], data: bias}],
        ]),
      );
      const seconds = (performance.now() - startTime) / 1000;
      return {phaseIndex, images: matrix.images, views, ...solution, seconds};
    } finally {
      matrix.dispose();
    }
  }
}
