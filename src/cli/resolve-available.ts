import {printable} from '../core/text/printable.js';
import type {ImageFolder} from '../datasets/sample.js';
import {resolveAvailableRecipe} from '../finetune/recipe/resolve-available.js';
import type {ResolvedRecipe} from '../finetune/recipe/resolve-recipe.js';
import {RunContext} from '../finetune/run/run-context.js';
import type {CommandContext} from './command.js';
import type {RunPlan} from './run-plan.js';
import {ConsoleView} from './terminal/console-view.js';
import {formatLabeled} from './terminal/screen/layout.js';

/**
 * Resolves the recipe of a plan. Weights that `--weights auto` recommends are downloaded now; without a network, the embedded ones replace
 * them, with a warning.
 * @throws UsageError (exit 2) for phases that cannot be trained; all errors of a download
 */
export async function resolveAvailable(
  plan: RunPlan,
  folder: ImageFolder,
  gpu: boolean,
  {terminal, signal}: CommandContext,
): Promise<ResolvedRecipe> {
  const view = new ConsoleView(terminal);
  const run = new RunContext({signal, onEvent: view.listen});
  const {replacement, ...resolved} = await resolveAvailableRecipe(folder, plan.recipeSources, gpu, {
    offline: plan.values.offline,
    onProgress: ({bytes, total}) => run.progress('weights', bytes, total ?? bytes, 'bytes'),
    onInfo: message => run.emit({type: 'info', message}),
    signal,
  }).finally(() => view.close());
  if (replacement !== undefined)
    terminal.log(
      formatLabeled(terminal.style.warn, 'warning', printable(replacement), terminal.columns),
    );
  return resolved;
}
