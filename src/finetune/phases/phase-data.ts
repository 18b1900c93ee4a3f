import {computeFrozenDepth, LAYER_GROUPS, type LayerGroup} from '../../backbones/layer-groups.js';
import {resolveAugmentation} from '../../datasets/augmentation/augment.js';
import {isMixing} from '../../datasets/augmentation/mixup.js';
import {modelLayerGroups, type FeatureCache} from '../../training/features/feature-cache.js';
import type {FeatureTable} from '../../training/features/feature-table.js';
import type {BatchSource} from '../../training/loop/batch-source.js';
import type {PhaseModel} from '../../training/loop/phase-model.js';
import type {Prepared} from '../preparation/prepared.js';
import type {Phase} from '../recipe/phases.js';
import type {Recipe} from '../recipe/recipe.js';
import type {RunContext} from '../run/run-context.js';
import {createFeatureCaches} from './feature-caches.js';
import type {FeatureProgress} from './feature-progress.js';

/** Layer groups that a phase trains. */
export const trainedGroups = ({learningRates}: Phase): ReadonlySet<LayerGroup> =>
  new Set(LAYER_GROUPS.filter(group => learningRates[group] !== null));

/** Training and validation inputs of a phase. */
export interface PhaseInputs {
  readonly train: BatchSource;
  readonly validation: BatchSource;
  /** Whether training inputs are cached features instead of pixels. */
  readonly trainCached: boolean;
  readonly validationCached: boolean;
  /** Cached training features. */
  readonly trainTable?: FeatureTable;
}

/** Inputs for the phases of a run: pixels, or features of the frozen layer groups. */
export class PhaseData {
  readonly #train: FeatureCache;
  readonly #validation: FeatureCache;
  readonly #progress: FeatureProgress;

  constructor(
    prepared: Prepared,
    readonly recipe: Recipe,
    readonly run: RunContext,
  ) {
    const {train, validation, progress} = createFeatureCaches(prepared, recipe, run);
    [this.#train, this.#validation, this.#progress] = [train, validation, progress];
  }

  /** Computes the features that phase `index` lacks, at the depths that later phases can use too. */
  async inputs(index: number, model: PhaseModel): Promise<PhaseInputs> {
    const depths = this.#usableDepths(index);
    this.#progress.expect({
      train: this.#train.missingDepths(model, depths).length,
      validation: this.#validation.missingDepths(model, depths).length,
    });
    const {train, validation} = await this.#progress.track(async () => ({
      train: await this.#train.inputs(model, depths),
      validation: await this.#validation.inputs(model, depths),
    }));
    if (train.cached) this.#reportMixingDisabled(this.recipe.phases[index]!);
    return {
      train: train.inputs,
      validation: validation.inputs,
      trainCached: train.cached,
      validationCached: validation.cached,
      ...(train.table && {trainTable: train.table}),
    };
  }

  #reportMixingDisabled({name}: Phase): void {
    const {mixing} = resolveAugmentation(this.recipe.augment);
    if (mixing === undefined || !isMixing(mixing)) return;
    this.run.emit({
      type: 'info',
      message: `Phase ${name} uses cached features, so mixup and cutmix are off.`,
    });
  }

  /** Validation images for the best weights, after the last phase. */
  async validationInputs(model: PhaseModel): Promise<BatchSource> {
    return (await this.#validation.inputs(model)).inputs;
  }

  /** Drops the features that phase `index` has made stale, and those that no later phase uses. */
  async retainUsable(index: number, model: PhaseModel): Promise<void> {
    const depths = this.#usableDepths(index + 1);
    const trained = trainedGroups(this.recipe.phases[index]!);
    for (const cache of [this.#train, this.#validation])
      await cache.retainOnly(depths, trained, modelLayerGroups(model));
  }

  async clear(): Promise<void> {
    await this.#train.clear();
    await this.#validation.clear();
  }

  /**
   * Frozen depths of the phases from `index` on whose features stay valid until then, because no phase in between trains their frozen
   * groups.
   */
  #usableDepths(index: number): number[] {
    let lowestTrained = Infinity;
    return this.recipe.phases.slice(index).flatMap(({learningRates}) => {
      const depth = computeFrozenDepth(learningRates, this.recipe.lastStage);
      const usable = depth <= lowestTrained;
      lowestTrained = Math.min(lowestTrained, depth);
      return usable ? [depth] : [];
    });
  }
}
