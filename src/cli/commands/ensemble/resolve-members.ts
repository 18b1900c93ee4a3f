import {join} from 'node:path';
import type {Arch} from '../../../backbones/resnet-specs.js';
import type {ImageFolder} from '../../../datasets/sample.js';
import {memberNames, MEMBERS_FOLDER} from '../../../finetune/ensemble/plan-members.js';
import {OPTIONS} from '../../../finetune/options/options.js';
import {RECIPE_OPTIONS} from '../../../finetune/recipe/recipe.js';
import type {ResolvedRecipe} from '../../../finetune/recipe/resolve-recipe.js';
import {hasRunFile, RUN_FILES, workingDirectoryOf} from '../../../finetune/run/run-files.js';
import {readRecipeFile} from '../../options/recipe-file.js';
import type {RunPlan} from '../../run-plan.js';

/** Recipe that a member was started with, if the ensemble is resumed. A recommendation could differ by now. */
function readStartedRecipe(run: string): object | undefined {
  const directory = workingDirectoryOf(run);
  if (!hasRunFile(directory, 'recipe')) return undefined;
  const saved = Object.entries(readRecipeFile(join(directory, RUN_FILES.recipe)));
  return Object.fromEntries(saved.filter(([key]) => key in RECIPE_OPTIONS));
}

/**
 * Resolves the recipe of each member of an ensemble. Each trains with a seed of its own, so that equal networks differ, too.
 * @param out directory of the ensemble
 */
export function resolveMembers(
  plan: RunPlan,
  folder: ImageFolder,
  gpu: boolean,
  archs: readonly Arch[],
  out: string,
): ResolvedRecipe[] {
  const {seed = OPTIONS.seed.default} = plan.requested;
  const names = memberNames(archs.map(arch => ({arch})));
  return archs.map((arch, i) => {
    const started =
      plan.resumed === undefined
        ? undefined
        : readStartedRecipe(join(out, MEMBERS_FOLDER, names[i]!));
    return plan.resolve(
      folder,
      gpu,
      started === undefined
        ? [{source: 'flag', values: {arch, seed: seed + i}}, ...plan.recipeSources]
        : [{source: 'recipe file', values: started}],
    );
  });
}
