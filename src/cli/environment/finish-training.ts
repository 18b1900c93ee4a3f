import type {CrossValidationSummary} from '../../finetune/folds/cross-validation.js';
import {finalValues, type TrackedValue} from '../../finetune/tracking/tracked-values.js';
import type {FinalResults} from '../../finetune/tracking/tracker.js';
import type {CommandContext, CommandResult} from '../command.js';
import {copyToModelDirectory} from './sagemaker.js';
import {MetricLines, type MetricLinesMode} from '../terminal/metric-lines.js';
import {formatLabeled} from '../terminal/screen/layout.js';

/** The parts of the documents of a run, a cross-validation and an ensemble that are used here. */
interface TrainingDocument extends Partial<CrossValidationSummary> {
  readonly metrics?: Partial<FinalResults['metrics']>;
  readonly model?: string;
  readonly ensemble?: {readonly model: string};
}

/** Metrics of the kept weights; of a cross-validation, their means over the folds. */
function resultValues({
  metrics,
  accuracy,
  balancedAccuracy,
  loss,
}: TrainingDocument): readonly TrackedValue[] {
  if (metrics !== undefined) return finalValues(metrics);
  if (accuracy === undefined || balancedAccuracy === undefined || loss === undefined) return [];
  return [
    ['best/accuracy', accuracy.mean],
    ['best/balanced-accuracy', balancedAccuracy.mean],
    ['best/loss', loss.mean],
  ];
}

/** Prints the metric lines of a finished training, and copies its model to where the platform takes it from. */
export async function finishTraining(
  result: CommandResult,
  metricLines: MetricLinesMode,
  {terminal, environment}: CommandContext,
): Promise<CommandResult> {
  const document: TrainingDocument = result.document;
  new MetricLines(terminal, metricLines).write(resultValues(document));
  const model = document.model ?? document.ensemble?.model;
  const copied = model === undefined ? undefined : await copyToModelDirectory(model, environment);
  if (copied !== undefined)
    terminal.log(
      formatLabeled(
        terminal.style.dim,
        'copied',
        `the model to ${copied} (SM_MODEL_DIR)`,
        terminal.columns,
      ),
    );
  return result;
}
