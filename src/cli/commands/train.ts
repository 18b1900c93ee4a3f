import {UsageError} from '../../core/errors.js';
import {startBackend} from '../../backend/runtime/runtime.js';
import {validateFoldOptions} from '../../finetune/folds/validate-fold-options.js';
import type {CommandContext, CommandHandler, CommandResult} from '../command.js';
import {loadFolder} from '../load-folder.js';
import {resolveAvailable} from '../resolve-available.js';
import {RunPlan} from '../run-plan.js';
import {formatBackend, formatThreads, toBackendOptions} from '../terminal/backend-view.js';
import {formatOptions} from '../terminal/format-options.js';
import {formatLabeled} from '../terminal/screen/layout.js';
import {
  assertComparisonOptions,
  compareCommand,
  comparedNames,
} from './comparison/compare-weights.js';
import {parseEnsemble} from './ensemble/parse-ensemble.js';
import {trainNetworks} from './ensemble/train-ensemble.js';
import {finishTraining} from '../environment/finish-training.js';
import {trainFolds, trainSingle} from './train-runs.js';

/** @throws UsageError (exit 2) for options that conflict with `--folds` */
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

async function train(plan: RunPlan, context: CommandContext): Promise<CommandResult> {
  const {terminal} = context;
  const {dim} = terminal.style;
  if (plan.resumeNote !== undefined)
    terminal.log(formatLabeled(dim, 'resume', plan.resumeNote, terminal.columns));
  const names = comparedNames(plan);
  if (names === undefined) assertFoldOptions(plan);
  else assertComparisonOptions(plan);
  const archs = parseEnsemble(plan);
  const {data, verbose, folds} = plan.values;
  const folder = await loadFolder(data, plan.folderOptions, context);
  if (folds !== undefined) validateFoldOptions(folder, plan.requested, folds);
  const startTime = performance.now();
  const backend = await startBackend(toBackendOptions(plan.values, context));
  const backendSeconds = (performance.now() - startTime) / 1000;
  terminal.log(formatLabeled(dim, 'backend', formatBackend(backend), terminal.columns));
  terminal.log(
    formatLabeled(dim, 'threads', formatThreads(plan.values.workers, backend), terminal.columns),
  );
  const gpu = backend.device === 'gpu';
  if (names !== undefined) return compareCommand(plan, names, folder, gpu, context);
  if (archs !== undefined)
    return trainNetworks({plan, folder, archs, gpu, backendSeconds, context});
  const resolved = await resolveAvailable(plan, folder, gpu, context);
  const out = plan.chooseDirectory(resolved.recipe.arch);
  if (verbose)
    for (const line of formatOptions(plan.otherOptions, resolved, out, terminal.columns))
      terminal.log(dim(line));
  const run = {plan, folder, resolved, out, backendSeconds, context};
  return folds === undefined ? trainSingle(run) : trainFolds(run, folds);
}

/** `finetune [train]`: train, evaluate, export. */
export const trainCommand: CommandHandler = async (input, context) => {
  const plan = new RunPlan(input, context.environment);
  const result = await train(plan, context);
  return finishTraining(result, plan.values.metricLines, context);
};
