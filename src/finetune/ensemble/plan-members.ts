import {join, resolve} from 'node:path';
import {uniqueNames} from '../../export/ensemble/read-models.js';
import type {Recipe} from '../recipe/recipe.js';
import {RUN_FILES} from '../run/run-files.js';
import type {MemberPlan} from './train-member.js';

/** Folder of the members' runs. */
export const MEMBERS_FOLDER = 'members';

/** Names of the members: that of the network, with a number if it occurs more than once. */
export const memberNames = (recipes: readonly Pick<Recipe, 'arch'>[]): string[] =>
  uniqueNames(recipes.map(({arch}) => arch));

/**
 * The recipe of a member. All members have the split of the first, so that none is evaluated on images that another one was trained on.
 * @param splitFile `split.json` of the first member
 */
function shareSplit(recipe: Recipe, index: number, splitFile: string): Recipe {
  if (index === 0 || recipe.splitFile !== undefined) return recipe;
  const {fold: _fold, ...others} = recipe;
  return {...others, splitFile};
}

/** Plans the run of each member of an ensemble. @param out directory of the ensemble */
export function planMembers(recipes: readonly Recipe[], out: string): MemberPlan[] {
  const names = memberNames(recipes);
  const runs = names.map(name => join(out, MEMBERS_FOLDER, name));
  const splitFile = resolve(runs[0]!, RUN_FILES.split);
  return recipes.map((recipe, i) => ({
    name: names[i]!,
    run: runs[i]!,
    recipe: shareSplit(recipe, i, splitFile),
  }));
}
