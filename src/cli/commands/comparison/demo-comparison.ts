import {join} from 'node:path';
import {trainFromScratch} from '../../../finetune/comparison/train-from-scratch.js';
import {resolveImageSize} from '../../../finetune/recipe/network-defaults.js';
import type {Recipe} from '../../../finetune/recipe/recipe.js';
import {RUN_FILES} from '../../../finetune/run/run-files.js';
import {formatDuration} from '../../../report/format.js';
import {learningSeconds} from '../../../report/run-record.js';
import type {CommandContext, CommandInput, CommandResult} from '../../command.js';
import {loadFolder} from '../../load-folder.js';
import {readRecipeFile} from '../../options/recipe-file.js';
import {RunPlan} from '../../run-plan.js';
import {formatTransfer, type FinishedRun} from '../../terminal/comparison/format-transfer.js';
import {formatLabeled} from '../../terminal/screen/layout.js';
import {ProgressLine} from '../../terminal/screen/progress-line.js';

/**
 * Trains the network of a finished run from random weights, on the same split and for as long, and adds both accuracies to the result. A
 * run that began with random weights is not compared.
 */
export async function compareWithScratch(
  input: CommandInput,
  transfer: CommandResult,
  context: CommandContext,
): Promise<CommandResult> {
  const finished = transfer.document as FinishedRun;
  if (finished.weights === 'none') return transfer;
  const {terminal, signal} = context;
  const plan = new RunPlan(input);
  const recipe = readRecipeFile(join(finished.run, RUN_FILES.recipe)) as unknown as Recipe;
  const folder = await loadFolder(plan.values.data, plan.folderOptions, context);
  const seconds = learningSeconds(finished.timings);
  const {arch, lastStage, fit, seed} = recipe;
  const given = {
    ...{arch, lastStage, seed, ...(fit && {fit})},
    ...{imageSize: resolveImageSize(recipe), splitFile: join(finished.run, RUN_FILES.split)},
  };
  terminal.log(
    `\n${formatLabeled(
      terminal.style.bold,
      'compare',
      `the same network from random weights, for ${formatDuration(seconds)}`,
      terminal.columns,
    )}`,
  );
  const line = new ProgressLine(terminal);
  const {backend, device, workers} = plan.values;
  const scratch = await trainFromScratch(folder, given, {
    ...{seconds, signal, backend, device, ...(workers !== undefined && {workers})},
    onSeconds: spent =>
      line.update({
        title: 'training',
        done: Math.min(spent, seconds),
        total: seconds,
        unit: 'seconds',
      }),
  }).finally(() => line.end());
  return {
    ...transfer,
    document: {...transfer.document, fromScratch: scratch},
    text: `${transfer.text}\n${formatTransfer(finished, recipe, scratch, terminal)}`,
  };
}
