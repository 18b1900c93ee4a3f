import type {ImageFolder} from '../../datasets/sample.js';
import {finetune} from '../../finetune/finetune.js';
import {crossValidate} from '../../finetune/folds/cross-validate.js';
import type {ResolvedRecipe} from '../../finetune/recipe/resolve-recipe.js';
import {FOLDS_FILES} from '../../finetune/run/run-files.js';
import {checkAccuracy} from '../check-accuracy.js';
import type {CommandContext, CommandResult} from '../command.js';
import {pickListPath} from '../load-folder.js';
import {withResumeHint} from '../resume.js';
import type {RunPlan} from '../run-plan.js';
import {ConsoleView} from '../terminal/console-view.js';
import {FoldsView} from '../terminal/folds-view.js';
import {formatNextSteps, formatRunSummary} from '../terminal/format-run-summary.js';

import {readMetrics, repeatResult} from './finished-run.js';
import {formatFolds} from './ensemble/format-folds.js';

/** A run of the command line that is ready to start. */
export interface PreparedRun {
  readonly plan: RunPlan;
  readonly folder: ImageFolder;
  readonly resolved: ResolvedRecipe;
  /** Output directory of the run. */
  readonly out: string;
  readonly backendSeconds: number;
  readonly context: CommandContext;
}

/** Trains once, shows the progress and reports the result. */
export async function trainSingle(prepared: PreparedRun): Promise<CommandResult> {
  const {plan, folder, resolved, out, backendSeconds, context} = prepared;
  if (plan.isFinished) return repeatResult(plan, resolved.recipe, out);
  const {terminal, signal} = context;
  const {verbose, data, assertAccuracy, metricLines} = plan.values;
  const view = new ConsoleView(terminal, {
    ...{verbose, metricLines},
    ...pickListPath(folder, data),
  });
  view.listen({type: 'recipe', ...resolved});
  const options = {
    ...plan.finetuneOptions(out, resolved, backendSeconds),
    signal,
    onEvent: view.listen,
  };
  const work = finetune(folder, resolved.recipe, options);
  const result = await withResumeHint(out, work).finally(() => view.close());
  result.classifier.dispose();
  const {metrics, model} = result;
  return {
    document: await readMetrics(out),
    text: formatRunSummary(result, terminal.resultStyle, terminal.resultColumns),
    ...(model !== undefined && {hint: formatNextSteps(out, model, terminal)}),
    ...checkAccuracy(metrics.validation.accuracy, assertAccuracy),
  };
}

/** Trains each fold in a directory of its own, and reports the summary of all folds. */
export async function trainFolds(
  {plan, folder, resolved, out, backendSeconds, context: {terminal, signal}}: PreparedRun,
  folds: number,
): Promise<CommandResult> {
  const {verbose, assertAccuracy, ensemble: requestedEnsemble} = plan.values;
  const view = new FoldsView(terminal, resolved.recipe, {verbose});
  view.listen({type: 'recipe', ...resolved});
  const options = {
    ...plan.finetuneOptions(out, resolved, backendSeconds),
    signal,
    onEvent: view.listen,
    ensemble: requestedEnsemble !== undefined,
  };
  const work = crossValidate(folder, resolved.recipe, folds, options);
  const {summary, ensemble, document} = await withResumeHint(out, work).finally(() => view.close());
  const {resultStyle, resultColumns} = terminal;
  return {
    document,
    text: formatFolds(summary, ensemble, out, {resultStyle, resultColumns}),
    ...(ensemble && {hint: formatNextSteps(out, ensemble.model, terminal, FOLDS_FILES.page)}),
    ...checkAccuracy(summary.accuracy.mean, assertAccuracy),
  };
}
