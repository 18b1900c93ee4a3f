import type {Precision} from '../../backend/graph/precision.js';
import type {Arch, LastStage} from '../../backbones/resnet-specs.js';
import type {GroupLearningRates} from '../../backbones/layer-groups.js';
import type {HeadType, Pooling} from '../../heads/head.js';
import type {OptimizerName} from '../../training/loop/optimizer.js';
import type {ClassBalance} from '../../training/loop/class-balance.js';
import type {Fit} from '../../core/preprocessing.js';
import type {AugmentationChoice} from '../../datasets/augmentation/augment.js';
import {validate, type ObjectSchema} from '../../core/schema.js';
import {recipeSchema, type FreezeSchedule} from './recipe-schema.js';

/**
 * A stretch of training with fixed frozen groups.
 *
 * @example
 * const probe: Phase = {
 *   name: 'probe',
 *   epochs: 5,
 *   learningRates: {stem: null, stage1: null, stage2: null, stage3: null, stage4: null, head: 1e-3},
 * };
 */
export interface Phase {
  readonly name: string;
  readonly epochs: number;
  readonly learningRates: GroupLearningRates;
}

/**
 * Every value in force; nothing implied. `recipe.json` of a run is this, and can be given back with `--recipe`.
 *
 * @example
 * const recipe: Recipe = resolveRecipe({}, folder);
 * await finetune(folder, {...recipe, seed: 7});
 */
export interface Recipe {
  readonly arch: Arch;
  readonly weights: string;
  readonly lastStage: LastStage;
  readonly head: HeadType;
  readonly pooling: Pooling;
  readonly dropout: number;
  /** Absent: the size the weights were made for. */
  readonly imageSize?: number;
  readonly fit: Fit;
  readonly freeze: readonly Phase[];
  readonly batchSize: number;
  readonly optimizer: OptimizerName;
  readonly weightDecay: number;
  readonly labelSmoothing: number;
  readonly clipNorm: number;
  readonly batchNorm: 'inference' | 'training';
  readonly classBalance: ClassBalance;
  readonly augment: AugmentationChoice;
  readonly views: number;
  readonly precision: Precision;
  readonly valSplit: number;
  readonly testSplit: number;
  readonly groupBy: string;
  /** `2/5` */
  readonly fold?: string;
  readonly splitFile?: string;
  readonly seed: number;
  readonly cacheMemory?: number;
  readonly cacheDisk?: number;
}

/**
 * What a person may say: any part of a recipe; a schedule by name, the epochs and rate of its last phase.
 *
 * @example
 * const input: RecipeInput = {arch: 'resnet34', optimizer: 'lion', epochs: 10, lr: 3e-5};
 * const recipe = resolveRecipe(input, folder);
 */
export type RecipeInput = Partial<Omit<Recipe, 'freeze'>> & {
  readonly freeze?: FreezeSchedule | readonly Phase[];
  readonly epochs?: number;
  readonly lr?: number;
};

/** Where a value in force came from, strongest first. */
export type OptionOrigin = 'flag' | 'environment' | 'recipe file' | 'recommended' | 'default';

/** @throws SchemaError (exit 2), one sentence per key that is unknown or out of range, naming the nearest key */
export const checkRecipeInput = (document: unknown, what: string): RecipeInput =>
  validate<RecipeInput>(recipeSchema as ObjectSchema, document, what);
