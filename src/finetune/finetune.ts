import {preparePrecision, requirePrecision} from '../backend/graph/precision.js';
import {startBackend, type BackendInfo} from '../backend/runtime/runtime.js';
import {AbortedError} from '../core/errors.js';
import {hideCredentials} from '../core/text/redact-url.js';
import type {ImageFolder} from '../datasets/sample.js';
import {checkFinetuneArguments} from './finetune-arguments.js';
import type {FinetuneOptions} from './finetune-options.js';
import type {FinetuneResult, WrittenResult} from './finetune-result.js';
import {PhaseRunner} from './phases/phase-runner.js';
import {prepare} from './preparation/prepare.js';
import type {Prepared} from './preparation/prepared.js';
import type {Recipe} from './recipe/recipe.js';
import {RunContext} from './run/run-context.js';
import {RunOutput} from './run/run-output.js';
import {testMetrics} from './test-metrics.js';

/**
 * Fine-tunes a ResNet on a folder: weights, images, the phases of the recipe, evaluation, export.
 * @throws ArgumentError (exit 2) when an argument is something else than its type says
 * @throws DatasetError (exit 3) when the folder cannot be used
 * @throws WeightsUnavailableError, WeightsMismatchError, WeightsFileError when the weights cannot
 * @throws UnsupportedEnvironmentError (exit 4) when the machine lacks what was demanded
 * @throws UsageError, ImagesChangedError when a run is to be resumed that was started otherwise
 * @throws CheckpointError when the checkpoint to resume from cannot be read
 * @throws TrainingDivergedError when the loss stops being a number
 * @throws RunLockedError when another run writes to `out`
 * @throws ExportFailedError when all was learned, but the model could not be exported
 * @throws AbortedError when the signal fires, with the checkpoint it left
 *
 * @example
 * import {finetune, loadImageFolder, resolveRecipe} from 'finetune';
 *
 * const pets = await loadImageFolder('./pets');
 * const recipe = resolveRecipe({arch: 'resnet18'}, pets);
 * const result = await finetune(pets, recipe, {out: './pets-run'});
 * console.log(result.metrics.validation.accuracy, result.model);
 * result.classifier.dispose();
 */
export async function finetune(
  folder: ImageFolder,
  recipe: Recipe,
  options: FinetuneOptions & {readonly out: string},
): Promise<WrittenResult>;
export async function finetune(
  folder: ImageFolder,
  recipe: Recipe,
  options?: FinetuneOptions,
): Promise<FinetuneResult>;
export async function finetune(
  folder: ImageFolder,
  requested: Recipe,
  options: FinetuneOptions = {},
): Promise<FinetuneResult> {
  checkFinetuneArguments(folder, requested, options);
  const recipe = {...requested, weights: hideCredentials(requested.weights)};
  const run = new RunContext(options, options.settings?.backendSeconds);
  const backend = await run.time('backend', () => startRunBackend(recipe.precision, options));
  const output = await RunOutput.open(options, recipe, backend, run);
  try {
    return {...(await trainAndExport(folder, recipe, output, run)), backend, recipe};
  } finally {
    await output.close();
  }
}

async function startRunBackend(
  precision: Recipe['precision'],
  {backend: requested, device, offline, signal}: FinetuneOptions,
): Promise<BackendInfo> {
  const options = {backend: requested, device, offline, ...(signal && {signal})};
  const backend = await startBackend(options);
  requirePrecision(precision, backend);
  preparePrecision(precision, backend);
  return backend;
}

/** Everything between an open directory and a finished run. A run that is stopped leaves what `resume` needs. */
async function trainAndExport(
  folder: ImageFolder,
  recipe: Recipe,
  output: RunOutput,
  run: RunContext,
): Promise<Omit<FinetuneResult, 'backend' | 'recipe'>> {
  let prepared: Prepared | undefined;
  try {
    const interrupted = await output.checkpoints.readLast();
    prepared = await prepare(folder, recipe, run);
    const {classifier, split} = prepared;
    await run.sharedData?.begin();
    await output.begin(split);
    const saveBestWeights = (): Promise<void> => output.saveBestWeights(classifier);
    const runner = new PhaseRunner(prepared, recipe, run, output.checkpoints, saveBestWeights);
    const trained = await runner.train(interrupted);
    const test = await testMetrics(prepared, recipe, run);
    const metrics = {validation: trained.metrics, ...(test && {test})};
    const written = await output.finish({dataset: folder.root, prepared, trained, metrics});
    const {findings, timings} = run;
    return {classifier, metrics, split, history: trained.history, findings, timings, ...written};
  } catch (error) {
    prepared?.classifier.dispose();
    if (run.signal?.aborted !== true) throw error;
    await run.sharedData?.begin();
    await output.saveForResume();
    throw new AbortedError({checkpoint: output.checkpoints.directory});
  } finally {
    await prepared?.cache.close();
  }
}
