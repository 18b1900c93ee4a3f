import type {Sample} from '../datasets/image-folder.js';
import type {Balancing} from '../training/balance.js';
import type {Recipe} from './recipe.js';

/** To be spread into a plan. @param train the images of the plan's inputs, in their order */
export const balancingOf = (
  {balance}: Pick<Recipe, 'balance'>,
  train: readonly Sample[],
  classes: number,
): {readonly balance?: Balancing} =>
  balance === 'none' ? {} : {balance: {by: balance, labels: Int32Array.from(train, ({label}) => label), classes}};
