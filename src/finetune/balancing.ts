import type {Sample} from '../datasets/image-folder.js';
import type {Balancing} from '../training/balance.js';
import type {Criterion} from '../training/evaluate.js';
import type {Recipe} from './recipe.js';

/** What the best epoch is chosen by: who trains for every class alike wants the weights that are best for every class alike. */
export const criterionOf = ({balance}: Pick<Recipe, 'balance'>): Criterion => (balance === 'none' ? 'accuracy' : 'balancedAccuracy');

/** To be spread into a plan. @param train the images of the plan's inputs, in their order */
export const balancingOf = (
  {balance}: Pick<Recipe, 'balance'>,
  train: readonly Sample[],
  classes: number,
): {readonly balance?: Balancing} =>
  balance === 'none' ? {} : {balance: {by: balance, labels: Int32Array.from(train, ({label}) => label), classes}};
