import {join} from 'node:path';
import {checkArgument, PATH} from '../../core/arguments.js';
import {readSplit} from '../../datasets/splitting/split-file.js';
import type {ImageFolder} from '../../datasets/sample.js';
import {checkFinetuneArguments} from '../finetune-arguments.js';
import type {FinetuneOptions} from '../finetune-options.js';
import {SharedFoldData} from '../folds/folds-share.js';
import type {Recipe, RecipeInput} from '../recipe/recipe.js';
import {RunContext} from '../run/run-context.js';
import {RUN_FILES} from '../run/run-files.js';
import {RunGroup} from '../run/run-group.js';
import {finishEnsemble, type EnsembleEvaluations} from './finish-ensemble.js';
import {MEMBERS_FOLDER, planMembers} from './plan-members.js';
import {summarizeEnsemble} from './summarize-ensemble.js';
import {isTrained, trainMember, type MemberPlan, type TrainedMember} from './train-member.js';

/**
 * Result of training an ensemble.
 *
 * @example
 * const {model, evaluations} = await trainEnsemble(folder, [recipe, {...recipe, seed: 2}], {out: './ensemble'});
 * console.log(evaluations.validation?.comparison);
 */
export interface EnsembleResult {
  /** Directories of the run and of the exported ensemble. */
  readonly run: string;
  readonly model: string;
  readonly members: readonly TrainedMember[];
  /** Metrics of the ensemble and of its members by split. */
  readonly evaluations: EnsembleEvaluations;
  /** Content of `metrics.json`. */
  readonly document: object;
}

/**
 * Options of `trainEnsemble`. The directory is needed, since the ensemble is made of exported models.
 *
 * @example
 * const options: TrainEnsembleOptions = {out: './pets-ensemble', workers: 2};
 * await trainEnsemble(folder, [recipe, {...recipe, seed: 2}], options);
 */
export type TrainEnsembleOptions = FinetuneOptions & {readonly out: string};

/**
 * Trains several networks one after another on the same split, and exports them as one ensemble. Images are decoded once for members with
 * the same input. Each member has a run of its own in `members`. `resume` continues with the members that have not finished.
 *
 * @param recipes recipe of each member, at least two; they may differ in everything, also in the seed alone
 * @throws ArgumentError; UsageError if `out` holds another run; all errors of `finetune`
 *
 * @example
 * import {loadImageFolder, resolveRecipe, trainEnsemble} from 'finetune';
 *
 * const pets = await loadImageFolder('./pets');
 * const recipes = [1, 2, 3].map(seed => resolveRecipe({arch: 'resnet18', seed}, pets));
 * const {model, evaluations} = await trainEnsemble(pets, recipes, {out: './pets-ensemble'});
 * console.log(model, evaluations.validation?.metrics.accuracy);
 */
export async function trainEnsemble(
  folder: ImageFolder,
  recipes: readonly Recipe[],
  options: TrainEnsembleOptions,
): Promise<EnsembleResult> {
  checkArgument('trainEnsemble()', 'recipes', recipes, {
    expected: 'a list of two recipes or more',
    accepts: value => Array.isArray(value) && value.length > 1,
  });
  for (const recipe of recipes) checkFinetuneArguments(folder, recipe, options, 'trainEnsemble()');
  const {out} = Object(options) as TrainEnsembleOptions;
  checkArgument('trainEnsemble()', 'options.out', out, {...PATH, expected: 'a directory'});
  const plans = planMembers(recipes, out);
  const given = (options.settings?.options ?? {}) as RecipeInput;
  const runs = plans.map(({name}) => `${MEMBERS_FOLDER}/${name}`);
  const group = await RunGroup.open(out, options, given, runs);
  try {
    const members = await trainMembers(folder, plans, options, group);
    return await finish(folder, members, group, new RunContext(options));
  } finally {
    await group.close();
  }
}

async function trainMembers(
  folder: ImageFolder,
  plans: readonly MemberPlan[],
  options: TrainEnsembleOptions,
  group: RunGroup,
): Promise<readonly TrainedMember[]> {
  const sharedData = new SharedFoldData(() => group.begin(), false);
  const members: TrainedMember[] = [];
  try {
    for (const [index, plan] of plans.entries()) {
      const isResumed = isTrained(plan, options);
      const {name} = plan;
      options.onEvent?.({
        type: 'member',
        number: index + 1,
        members: plans.length,
        name,
        isResumed,
      });
      members.push(await trainMember(folder, plan, options, sharedData));
    }
  } finally {
    await sharedData.close();
  }
  return members;
}

/** Evaluates and exports the ensemble, and writes `report.html` and `metrics.json`. */
async function finish(
  folder: ImageFolder,
  members: readonly TrainedMember[],
  group: RunGroup,
  run: RunContext,
): Promise<EnsembleResult> {
  const sets = await readSplit(join(members[0]!.run, RUN_FILES.split), folder);
  const models = members.map(({model}) => model);
  const target = join(group.path, RUN_FILES.model);
  const evaluations = await finishEnsemble(models, target, folder, sets, run);
  const {document, page} = summarizeEnsemble(folder, group.path, members, evaluations, run.timings);
  await group.write(RUN_FILES.report, page);
  await group.writeJson(RUN_FILES.metrics, document);
  run.emit({type: 'saved', directory: group.path});
  return {run: group.path, model: target, members, evaluations, document};
}
