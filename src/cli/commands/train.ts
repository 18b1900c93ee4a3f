import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {AbortedError, UsageError} from '../../core/errors.js';
import type {ImageFolder} from '../../datasets/image-folder.js';
import {startEngine} from '../../engine/runtime.js';
import {assertFolds, crossValidate} from '../../finetune/cross-validate.js';
import {finetune, type FinetuneResult} from '../../finetune/finetune.js';
import type {ResolvedRecipe} from '../../finetune/resolve-recipe.js';
import {hasRunFile, placeOf, RUN_FILES} from '../../finetune/run-files.js';
import {accuracyGate} from '../accuracy-gate.js';
import type {Action, Outcome, Session} from '../action.js';
import {ConsoleView} from '../console-view.js';
import {engineSentence, engineWish} from '../engine-view.js';
import {StoppedRunError} from '../failure.js';
import {FoldsView} from '../folds-view.js';
import {listOf, loadFolder} from '../load-folder.js';
import {RunPlan} from '../run-plan.js';
import {foldsSummary, nextSteps, runSummary} from '../run-summary.js';
import {table} from '../table.js';
import {threadsSentence} from '../threads.js';
import {cutMiddle, labelled} from '../layout.js';

/** What names and sources of options take beside a value. */
const OPTION_COLUMNS = 34;

/** Every value in force, in the width of a terminal. */
const optionLines = (rows: readonly (readonly string[])[], columns: number): string[] =>
  table([['option', 'value', 'from'], ...rows].map(([name, value, from]) => [name!, cutMiddle(value!, columns - OPTION_COLUMNS), from!]));

/** The library's work; what is stopped says how to go on. */
async function stoppable<T>(out: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof AbortedError && hasRunFile(placeOf(out), 'recipe')) throw new StoppedRunError(out, error.checkpoint);
    throw error;
  }
}

/** `metrics.json`, so that `--json` and the file agree. */
const metricsOf = async (run: string): Promise<object> => JSON.parse(await readFile(join(run, RUN_FILES.metrics), 'utf8')) as object;

/** A run of the command line, ready to begin. */
interface Ready {
  readonly plan: RunPlan;
  readonly folder: ImageFolder;
  readonly resolved: ResolvedRecipe;
  readonly engineSeconds: number;
  readonly session: Session;
}

/** Trains once and tells its course. The classifier is disposed. */
async function trainOnce({plan, folder, resolved, engineSeconds, session}: Ready, out: string): Promise<FinetuneResult> {
  const {terminal, signal} = session;
  const view = new ConsoleView(terminal, {verbose: plan.values.verbose, ...listOf(folder, plan.values.data)});
  view.listen({type: 'recipe', ...resolved});
  const options = {...plan.finetuneOptions(out, resolved.sources, engineSeconds), signal, onEvent: view.listen};
  const result = await stoppable(out, finetune(folder, resolved.recipe, options)).finally(() => view.close());
  result.classifier.dispose();
  return result;
}

/** @throws UsageError (exit 2) for options that say otherwise what to validate on */
function checkFolds({values, said}: RunPlan): void {
  if (values.folds === undefined) return;
  const other = Object.entries({'val-data': values.valData, split: said.split, fold: said.fold}).find(([, value]) => value !== undefined);
  if (other === undefined) return;
  throw new UsageError(`Expected no --${other[0]} beside --folds, which divides the images itself, but found ${other[1]}. Leave out one.`);
}

/** A run for each fold, in directories of their own, and what they say together. */
async function trainFolds({plan, folder, resolved, engineSeconds, session}: Ready, out: string, folds: number): Promise<Outcome> {
  const {terminal, signal} = session;
  const view = new FoldsView(terminal, resolved.recipe, {verbose: plan.values.verbose});
  view.listen({type: 'recipe', ...resolved});
  const options = {...plan.finetuneOptions(out, resolved.sources, engineSeconds), signal, onEvent: view.listen};
  const work = crossValidate(folder, resolved.recipe, folds, options);
  const {together, document} = await stoppable(out, work).finally(() => view.close());
  return {
    document,
    text: foldsSummary(together, out, terminal.resultStyle, terminal.resultColumns),
    ...accuracyGate(together.accuracy.mean, plan.values.assertAccuracy),
  };
}

/** `finetune [train]`: train, evaluate, export. */
export const train: Action = async (request, session: Session) => {
  const {terminal} = session;
  const {dim} = terminal.style;
  const plan = new RunPlan(request);
  checkFolds(plan);
  const {data, verbose, assertAccuracy, folds} = plan.values;
  const folder = await loadFolder(data, plan.folderOptions, session);
  if (folds !== undefined) assertFolds(folder, plan.said, folds);
  const begun = performance.now();
  const engine = await startEngine(engineWish(plan.values, session));
  const engineSeconds = (performance.now() - begun) / 1000;
  terminal.log(labelled(dim, 'engine', engineSentence(engine), terminal.columns));
  terminal.log(labelled(dim, 'threads', threadsSentence(plan.values.workers, engine), terminal.columns));
  const resolved = plan.resolve(folder, engine.device === 'gpu');
  const out = plan.directory(resolved.recipe.arch);
  if (verbose) for (const line of optionLines(plan.rows(resolved, out), terminal.columns)) terminal.log(dim(line));
  const ready = {plan, folder, resolved, engineSeconds, session};
  if (folds !== undefined) return trainFolds(ready, out, folds);
  const result = await trainOnce(ready, out);
  const {metrics, bundle} = result;
  return {
    document: await metricsOf(out),
    text: runSummary(result, terminal.resultStyle, terminal.resultColumns),
    ...(bundle !== undefined && {hint: nextSteps(out, bundle, terminal)}),
    ...accuracyGate(metrics.validation.accuracy, assertAccuracy),
  };
};
