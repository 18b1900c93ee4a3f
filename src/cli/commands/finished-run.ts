import {readFile} from 'node:fs/promises';
import type {Recipe} from '../../finetune/recipe/recipe.js';
import {RunDirectory} from '../../finetune/run/run-directory.js';
import {RUN_FILES} from '../../finetune/run/run-files.js';
import type {FinalResults} from '../../finetune/tracking/tracker.js';
import {checkAccuracy} from '../check-accuracy.js';
import type {CommandResult} from '../command.js';
import type {RunPlan} from '../run-plan.js';

/** Content of `metrics.json`, so that `--json` and the file agree. */
export const readMetrics = async (run: string): Promise<Pick<FinalResults, 'metrics'>> =>
  JSON.parse(await readFile(`${run}/${RUN_FILES.metrics}`, 'utf8')) as FinalResults;

/**
 * Reports a run that had ended before its command was repeated.
 * @throws UsageError (exit 2) if it was trained by another recipe
 */
export async function repeatResult(
  {values}: RunPlan,
  recipe: Recipe,
  out: string,
): Promise<CommandResult> {
  await (await RunDirectory.open(out, recipe)).close();
  const document = await readMetrics(out);
  return {
    document,
    text: `The run in ${out} has finished already.`,
    ...checkAccuracy(document.metrics.validation.accuracy, values.assertAccuracy),
  };
}
