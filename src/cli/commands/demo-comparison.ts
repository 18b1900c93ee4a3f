import {join} from 'node:path';
import {formatCount} from '../../core/text/format-count.js';
import {
  trainFromScratch,
  type ScratchResult,
} from '../../finetune/comparison/train-from-scratch.js';
import type {FinetuneResult} from '../../finetune/finetune-result.js';
import {resolveImageSize} from '../../finetune/recipe/network-defaults.js';
import type {Recipe} from '../../finetune/recipe/recipe.js';
import {RUN_FILES} from '../../finetune/run/run-files.js';
import {formatDuration} from '../../report/format.js';
import type {Metrics} from '../../training/metrics/metrics.js';
import type {CommandContext, CommandInput, CommandResult} from '../command.js';
import {loadFolder} from '../load-folder.js';
import {readRecipeFile} from '../options/recipe-file.js';
import {RunPlan} from '../run-plan.js';
import {formatFixedPercent} from '../terminal/format.js';
import {formatLines} from '../terminal/format-run-summary.js';
import {formatLabeled} from '../terminal/screen/layout.js';
import {ProgressLine} from '../terminal/screen/progress-line.js';

/** What the comparison reads of a finished run: a part of its `metrics.json`. */
interface FinishedRun {
  readonly run: string;
  readonly weights: string;
  readonly metrics: {readonly validation: Pick<Metrics, 'accuracy'>};
  readonly timings: FinetuneResult['timings'];
}

/** Seconds that a run spent on learning: features of frozen layers, training and validation. */
const learningSeconds = ({timings: {features, train, evaluate}}: FinishedRun): number =>
  features + train + evaluate;

const describe = (accuracy: number, seconds: number, rest: string): string =>
  `${formatFixedPercent(accuracy)} after ${formatDuration(seconds)} of training: ${rest}`;

/** The two results, one below the other, and what of them depends on the machine. */
function formatComparison(
  finished: FinishedRun,
  {phases}: Pick<Recipe, 'phases'>,
  scratch: ScratchResult,
  {resultStyle, resultColumns}: CommandContext['terminal'],
): string {
  const names = phases.map(({name}) => name).join(', then ');
  const lines = [
    [
      'transfer',
      describe(
        finished.metrics.validation.accuracy,
        learningSeconds(finished),
        `from ${finished.weights}, ${names}`,
      ),
    ],
    [
      'scratch',
      describe(
        scratch.accuracy,
        scratch.seconds,
        `the same network and images from random weights, ${formatCount(scratch.epochs, 'epoch')}`,
      ),
    ],
    ['', resultStyle.dim('How many epochs fit into the same time depends on the machine.')],
  ] as const;
  return formatLines(lines, resultStyle, resultColumns);
}

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
  const seconds = learningSeconds(finished);
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
    text: `${transfer.text}\n${formatComparison(finished, recipe, scratch, terminal)}`,
  };
}
