import {readFile} from 'node:fs/promises';
import type {ImageFolder} from '../../datasets/sample.js';
import type {RunEvent} from '../../finetune/events.js';
import {finetune} from '../../finetune/finetune.js';
import {crossValidate} from '../../finetune/folds/cross-validate.js';
import type {Metrics} from '../../training/metrics/metrics.js';
import type {ResolvedRecipe} from '../../finetune/recipe/resolve-recipe.js';
import {FOLDS_FILES, RUN_FILES} from '../../finetune/run/run-files.js';
import {RunDirectory} from '../../finetune/run/run-directory.js';
import {checkAccuracy} from '../check-accuracy.js';
import type {CommandContext, CommandResult} from '../command.js';
import {pickListPath} from '../load-folder.js';
import {withResumeHint} from '../resume.js';
import type {RunPlan} from '../run-plan.js';
import {ConsoleView} from '../terminal/console-view.js';
import {MetricLines} from '../terminal/metric-lines.js';
import {FoldsView} from '../terminal/folds-view.js';
import {formatNextSteps, formatRunSummary} from '../terminal/format-run-summary.js';

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

/** Content of `metrics.json`, so that `--json` and the file agree. */
const readMetrics = async (run: string): Promise<object> =>
  JSON.parse(await readFile(`${run}/${RUN_FILES.metrics}`, 'utf8')) as object;

/**
 * Reports a run that had ended before the command was repeated.
 * @throws UsageError (exit 2) if it was trained by another recipe
 */
async function repeatResult({plan, resolved, out}: PreparedRun): Promise<CommandResult> {
  await (await RunDirectory.open(out, resolved.recipe)).close();
  const document = (await readMetrics(out)) as {metrics: {validation: Metrics}};
  return {
    document,
    text: `The run in ${out} has finished already.`,
    ...checkAccuracy(document.metrics.validation.accuracy, plan.values.assertAccuracy),
  };
}

/** Trains once, shows the progress and reports the result. */
export async function trainSingle(prepared: PreparedRun): Promise<CommandResult> {
  const {plan, folder, resolved, out, backendSeconds, context} = prepared;
  if (plan.isFinished) return repeatResult(prepared);
  const {terminal, signal} = context;
  const {verbose, data, assertAccuracy, metricLines} = plan.values;
  const view = new ConsoleView(terminal, {verbose, ...pickListPath(folder, data)});
  const lines = new MetricLines(terminal, metricLines);
  view.listen({type: 'recipe', ...resolved});
  const options = {
    ...plan.finetuneOptions(out, resolved, backendSeconds),
    signal,
    onEvent: (event: RunEvent): void => {
      view.listen(event);
      lines.listen(event);
    },
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
