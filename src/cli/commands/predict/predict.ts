import {printable} from '../../../core/text/printable.js';
import {startBackend} from '../../../backend/runtime/runtime.js';
import type {ExportedModel} from '../../../export/exported-model.js';
import {loadModel} from '../../../export/load-model.js';
import type {ClassifyOptions} from '../../../export/recognition.js';
import type {CommandContext, CommandHandler} from '../../command.js';
import type {ModelArguments} from '../../find-model.js';
import {isWorthInstalling, toBackendOptions} from '../../terminal/backend-view.js';
import {formatFindings} from '../../terminal/format-findings.js';
import {classifyAll} from './classify-images.js';
import {createExplainFolder, ImageExplainer} from './explain-images.js';
import {findInputs} from './find-inputs.js';
import {resolvePredictArguments, type PredictValues} from './predict-arguments.js';
import {PredictionOutput} from './prediction-output.js';
import {assertFolder, watchFolder} from './watch-folder.js';

/** Starts the backend and loads the model. */
async function openModel(
  directories: ModelArguments['directories'],
  numImages: number,
  options: PredictValues,
  context: CommandContext,
): Promise<ExportedModel> {
  const {terminal} = context;
  terminal.draw(terminal.style.dim('starting the backend'));
  await startBackend(toBackendOptions(options, context, isWorthInstalling(numImages)));
  terminal.draw(terminal.style.dim('loading the model'));
  const {vote} = options;
  return loadModel(directories, {...(vote !== undefined && {vote})});
}

/** Classifies what arrives in a folder, until the signal fires. */
async function classifyArrivals(
  folder: string,
  model: ExportedModel,
  classifyOptions: ClassifyOptions,
  output: PredictionOutput,
  context: CommandContext,
): Promise<void> {
  const {terminal, signal} = context;
  terminal.log(terminal.style.dim(`watching ${printable(folder)} for new images; Ctrl-C ends it`));
  const classify = async (paths: readonly string[]): Promise<void> => {
    const inputs = paths.map(path => ({image: path, source: path}));
    const results = await classifyAll(model, inputs, classifyOptions, context);
    await output.add(results);
  };
  await watchFolder(folder, classify, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  model.dispose();
}

/** `finetune predict [MODEL...] IMAGE...` */
export const predictCommand: CommandHandler = async ({positionals, values}, context) => {
  const {terminal} = context;
  const options = values as unknown as PredictValues;
  const {watch, explain, tta} = options;
  const {directories, rest} = await resolvePredictArguments(positionals, options, terminal);
  if (watch !== undefined) await assertFolder(watch);
  const {inputs, findings} =
    rest.length === 0 ? {inputs: [], findings: []} : await findInputs(rest, options, context);
  if (explain !== undefined) await createExplainFolder(explain);
  for (const line of formatFindings(findings, terminal.style, terminal.columns)) terminal.log(line);
  const model = await openModel(directories, inputs.length, options, context);
  const top = Math.min(options.top, model.classNames.length);
  // A terminal shows at least two predictions for each image.
  const shown = Number.isFinite(terminal.resultColumns) ? Math.max(2, top) : top;
  const classifyOptions = {top: shown, tta};
  const explainer = explain === undefined ? undefined : new ImageExplainer(explain, model, context);
  const output = new PredictionOutput({...options, top}, model.classNames, terminal, explainer);
  const results = await classifyAll(model, inputs, classifyOptions, context);
  const run = {models: directories, found: inputs.length, findings};
  const result = await output.first(results, run);
  if (watch === undefined) {
    model.dispose();
    return result;
  }
  return {
    ...result,
    running: () => classifyArrivals(watch, model, classifyOptions, output, context),
  };
};
