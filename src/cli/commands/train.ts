import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {AbortedError, UsageError} from '../../core/errors.js';
import type {ImageFolder} from '../../datasets/sample.js';
import {startBackend} from '../../backend/runtime/runtime.js';
import {validateFoldOptions, crossValidate} from '../../finetune/folds/cross-validate.js';
import {finetune, type FinetuneResult} from '../../finetune/finetune.js';
import type {ResolvedRecipe} from '../../finetune/recipe/resolve-recipe.js';
import {hasRunFile, workingDirectoryOf, RUN_FILES} from '../../finetune/run/run-files.js';
import {checkAccuracy} from '../check-accuracy.js';
import type {CommandHandler, CommandResult, CommandContext} from '../command.js';
import {ConsoleView} from '../terminal/console-view.js';
import {formatBackend, toBackendOptions} from '../terminal/backend-view.js';
import {InterruptedRunError} from '../failure.js';
import {FoldsView} from '../terminal/folds-view.js';
import {pickListPath, loadFolder} from '../load-folder.js';
import {RunPlan} from '../run-plan.js';
import {
  formatFoldsSummary,
  formatNextSteps,
  formatRunSummary,
} from '../terminal/format-run-summary.js';
import {formatTable} from '../terminal/screen/table.js';
import {formatThreads} from '../options/threads.js';
import {truncateMiddle, formatLabeled} from '../terminal/screen/layout.js';

/** What names and sources of options take beside a value. */
const OPTION_COLUMNS = 34;

/** Every value in force, in the width of a terminal. */
const formatOptions = (rows: readonly (readonly string[])[], columns: number): string[] =>
  formatTable(
    [['option', 'value', 'from'], ...rows].map(([name, value, from]) => [
      name!,
      truncateMiddle(value!, columns - OPTION_COLUMNS),
      from!,
    ]),
  );

/** The library's work; what is stopped says how to go on. */
async function withResumeHint<T>(out: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AbortedError && hasRunFile(workingDirectoryOf(out), 'recipe'))
      throw new InterruptedRunError({run: out, checkpoint: error.checkpoint});
    throw error;
  }
}

/** `metrics.json`, so that `--json` and the file agree. */
const readMetrics = async (run: string): Promise<object> =>
  JSON.parse(await readFile(join(run, RUN_FILES.metrics), 'utf8')) as object;

/** A run of the command line, ready to begin. */
interface PreparedRun {
  readonly plan: RunPlan;
  readonly folder: ImageFolder;
  readonly resolved: ResolvedRecipe;
  readonly backendSeconds: number;
  readonly context: CommandContext;
}

/** Trains once and tells its course. The classifier is disposed. */
async function trainOnce(
  {plan, folder, resolved, backendSeconds, context}: PreparedRun,
  out: string,
): Promise<FinetuneResult> {
  const {terminal, signal} = context;
  const view = new ConsoleView(terminal, {
    verbose: plan.values.verbose,
    ...pickListPath(folder, plan.values.data),
  });
  view.listen({type: 'recipe', ...resolved});
  const options = {
    ...plan.finetuneOptions(out, resolved.sources, backendSeconds),
    signal,
    onEvent: view.listen,
  };
  const result = await withResumeHint(out, finetune(folder, resolved.recipe, options)).finally(() =>
    view.close(),
  );
  result.classifier.dispose();
  return result;
}

/** @throws UsageError (exit 2) for options that say otherwise what to validate on */
function assertFoldOptions({values, requested}: RunPlan): void {
  if (values.folds === undefined) return;
  const other = Object.entries({
    'val-data': values.valData,
    'split-file': requested.splitFile,
    fold: requested.fold,
  }).find(([, value]) => value !== undefined);
  if (other === undefined) return;
  throw new UsageError(
    `--${other[0]} ${other[1]} and --folds both say what to validate on. Leave out one.`,
  );
}

/** A run for each fold, in directories of their own, and what they say together. */
async function trainFolds(
  {plan, folder, resolved, backendSeconds, context}: PreparedRun,
  out: string,
  folds: number,
): Promise<CommandResult> {
  const {terminal, signal} = context;
  const view = new FoldsView(terminal, resolved.recipe, {verbose: plan.values.verbose});
  view.listen({type: 'recipe', ...resolved});
  const options = {
    ...plan.finetuneOptions(out, resolved.sources, backendSeconds),
    signal,
    onEvent: view.listen,
  };
  const work = crossValidate(folder, resolved.recipe, folds, options);
  const {summary, document} = await withResumeHint(out, work).finally(() => view.close());
  return {
    document,
    text: formatFoldsSummary(summary, out, terminal.resultStyle, terminal.resultColumns),
    ...checkAccuracy(summary.accuracy.mean, plan.values.assertAccuracy),
  };
}

/** `finetune [train]`: train, evaluate, export. */
export const trainCommand: CommandHandler = async (input, context: CommandContext) => {
  const {terminal} = context;
  const {dim} = terminal.style;
  const plan = new RunPlan(input);
  assertFoldOptions(plan);
  const {data, verbose, assertAccuracy, folds} = plan.values;
  const folder = await loadFolder(data, plan.folderOptions, context);
  if (folds !== undefined) validateFoldOptions(folder, plan.requested, folds);
  const startTime = performance.now();
  const backend = await startBackend(toBackendOptions(plan.values, context));
  const backendSeconds = (performance.now() - startTime) / 1000;
  terminal.log(formatLabeled(dim, 'backend', formatBackend(backend), terminal.columns));
  terminal.log(
    formatLabeled(dim, 'threads', formatThreads(plan.values.workers, backend), terminal.columns),
  );
  const resolved = plan.resolve(folder, backend.device === 'gpu');
  const out = plan.chooseDirectory(resolved.recipe.arch);
  if (verbose)
    for (const line of formatOptions(plan.optionRows(resolved, out), terminal.columns))
      terminal.log(dim(line));
  const prepared = {plan, folder, resolved, backendSeconds: backendSeconds, context: context};
  if (folds !== undefined) return trainFolds(prepared, out, folds);
  const result = await trainOnce(prepared, out);
  const {metrics, model} = result;
  return {
    document: await readMetrics(out),
    text: formatRunSummary(result, terminal.resultStyle, terminal.resultColumns),
    ...(model !== undefined && {hint: formatNextSteps(out, model, terminal)}),
    ...checkAccuracy(metrics.validation.accuracy, assertAccuracy),
  };
};
