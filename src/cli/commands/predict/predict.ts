import {UsageError} from '../../../core/errors.js';
import {shellQuote} from '../../../core/text/printable.js';
import {startBackend} from '../../../backend/runtime/runtime.js';
import {loadModel} from '../../../export/load-model.js';
import type {CommandContext, CommandHandler, CommandInput} from '../../command.js';
import {findModels, type ModelArguments} from '../../find-model.js';
import {checkModels, type InferenceValues} from '../../inference-options.js';
import {toBackendOptions, type BackendValues} from '../../terminal/backend-view.js';
import {formatFindings} from '../../terminal/format-findings.js';
import type {Terminal} from '../../terminal/screen/terminal.js';
import {classifyAll, type ClassifyResults} from './classify-images.js';
import {findInputs, type PredictInput, type InputValues} from './find-inputs.js';
import {reportUnreadable, toResult} from './results.js';

interface PredictValues extends BackendValues, InputValues, InferenceValues {
  readonly top: number;
}

/** Resolves the models and the images to classify. @throws UsageError (exit 2) without images */
async function resolveArguments(
  {model, image}: CommandInput['positionals'],
  {vote}: InferenceValues,
  terminal: Terminal,
): Promise<ModelArguments> {
  const args = [model, ...(image as readonly unknown[])]
    .filter(arg => arg !== undefined)
    .map(String);
  if (args.length === 0)
    throw new UsageError('There are no images to classify. Run finetune predict [MODEL] IMAGE...');
  const found = findModels(args, terminal);
  await checkModels(found.directories, vote);
  if (found.rest.length === 0)
    throw new UsageError(
      `There are no images to classify. Run finetune predict ${found.directories.map(shellQuote).join(' ')} IMAGE...`,
    );
  return found;
}

/** Starts the backend, loads the model and classifies. A terminal shows at least two predictions for each image. */
async function classifyInputs(
  directories: ModelArguments['directories'],
  inputs: readonly PredictInput[],
  options: PredictValues,
  context: CommandContext,
): Promise<ClassifyResults> {
  const {terminal} = context;
  terminal.draw(terminal.style.dim('starting the backend'));
  await startBackend(toBackendOptions(options, context, inputs.length));
  terminal.draw(terminal.style.dim('loading the model'));
  const {vote, tta} = options;
  const model = await loadModel(directories, {...(vote !== undefined && {vote})});
  const isInteractive = Number.isFinite(terminal.resultColumns);
  const wanted = isInteractive ? Math.max(2, options.top) : options.top;
  const top = Math.min(wanted, model.classNames.length);
  const results = await classifyAll(model, inputs, {top, tta}, context);
  model.dispose();
  return results;
}

/** `finetune predict [MODEL...] IMAGE...` */
export const predictCommand: CommandHandler = async ({positionals, values}, context) => {
  const {terminal} = context;
  const options = values as unknown as PredictValues;
  const {directories, rest} = await resolveArguments(positionals, options, terminal);
  const {inputs, findings} = await findInputs(rest, options, context);
  for (const line of formatFindings(findings, terminal.style, terminal.columns)) terminal.log(line);
  const results = await classifyInputs(directories, inputs, options, context);
  reportUnreadable(results.unreadable, inputs.length, terminal);
  const run = {models: directories, found: inputs.length, findings};
  return toResult(results, run, options.top, terminal);
};
