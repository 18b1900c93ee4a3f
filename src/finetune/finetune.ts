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
import {startRunBackend} from './run/start-run-backend.js';
import {testMetrics} from './test-metrics.js';

/**
 * Fine-tunes a ResNet on a folder: loads weights and images, trains the phases of the recipe, evaluates and exports.
 * @throws ArgumentError (exit 2) if an argument has the wrong type
 * @throws DatasetError (exit 3) if the folder cannot be used
 * @throws WeightsUnavailableError, WeightsMismatchError, WeightsFileError if the weights cannot be used
 * @throws BackendNotInstalledError (exit 4) if TensorFlow could be installed: call `installBackend`, or give `install` or a `backend`
 * @throws UnsupportedEnvironmentError (exit 4) if the machine lacks a requested feature
 * @throws UsageError, ImagesChangedError if the run to resume was started with other settings or images
 * @throws CheckpointError if the checkpoint to resume from cannot be read
 * @throws TrainingDivergedError if the loss is no longer finite
 * @throws RunLockedError if another run writes to `out`
 * @throws ExportFailedError if training has finished but the export failed
 * @throws AbortedError if the signal fires, with the directory of the checkpoint
 *
 * @example
 * import {finetune, installBackend, loadImageFolder, resolveRecipe} from 'finetune';
 *
 * await installBackend(); // TensorFlow, once
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

/** Runs everything between opening the directory and the end of the run. A stopped run leaves what `resume` needs. */
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
    await output.begin(prepared, interrupted?.history);
    const saveBestWeights = (): Promise<void> => output.saveBestWeights(classifier);
    const runner = new PhaseRunner(prepared, recipe, run, output.checkpoints, saveBestWeights);
    const trained = await runner.train(interrupted);
    const test = await testMetrics(prepared, recipe, run);
    const metrics = {validation: trained.metrics, ...(test && {test})};
    const written = await output.finish({dataset: folder.root, prepared, trained, metrics});
    const {history, calibration, headSolutions} = trained;
    return {
      ...{classifier, metrics, split, history, calibration, headSolutions},
      ...(trained.openSet !== undefined && {openSet: trained.openSet}),
      validationProbabilities: trained.probabilities,
      ...{findings: run.findings, timings: run.timings},
      ...written,
    };
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
