import {AdamW} from '../optimizers/adamw.js';
import {Lion} from '../optimizers/lion.js';
import {Sgd} from '../optimizers/sgd.js';
import type {Optimizer, WeightMap} from '../optimizers/stateful-optimizer.js';

export type {Optimizer, WeightMap} from '../optimizers/stateful-optimizer.js';

/** An optimizer that a recipe can name. */
interface OptimizerRow {
  /** Description for the help of `--optimizer`. */
  readonly description: string;
  readonly create: new (weights: WeightMap, weightDecay: number) => Optimizer;
}

/** Optimizers by their name in a recipe. A new optimizer needs a class in `training/optimizers` and a row here. */
export const OPTIMIZERS = {
  adamw: {description: 'AdamW', create: AdamW},
  sgd: {description: 'SGD with Nesterov momentum', create: Sgd},
  lion: {description: 'Lion (takes an --lr 3 to 10 times lower)', create: Lion},
} as const satisfies Readonly<Record<string, OptimizerRow>>;

export type OptimizerName = keyof typeof OPTIMIZERS;

/** Optimizer and weight decay. */
export interface OptimizerSpec {
  readonly type: OptimizerName;
  readonly weightDecay: number;
}

/**
 * Creates an optimizer. The caller disposes it.
 * @param weights trained weights by name; the optimizer changes no others
 */
export const createOptimizer = (
  {type, weightDecay}: OptimizerSpec,
  weights: WeightMap,
): Optimizer => new OPTIMIZERS[type].create(weights, weightDecay);
