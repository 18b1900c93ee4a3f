import type {FinetuneOptions} from './finetune-options.js';
import {AbortedError} from '../core/errors.js';
import {hideCredentials} from '../core/text/redact-url.js';
import type {ImageFolder} from '../datasets/sample.js';
import type {Split} from '../datasets/splitting/splits.js';
import {startBackend, type BackendInfo, type BackendOptions} from '../backend/runtime/runtime.js';
import {preparePrecision, requirePrecision} from '../backend/graph/precision.js';
import type {Classifier} from '../heads/classifier.js';
import type {EpochRow} from '../training/loop/history.js';
import type {Metrics} from '../training/metrics/metrics.js';
import type {Finding} from '../core/finding.js';
import {checkFinetuneArguments} from './finetune-arguments.js';
import {Checkpoints} from './run/checkpoints.js';

import {prepare} from './preparation/prepare.js';
import type {Prepared} from './preparation/prepared.js';
import type {Recipe} from './recipe/recipe.js';
import {RunContext} from './run/run-context.js';
import {RunOutput} from './run/run-output.js';
import {testMetrics} from './test-metrics.js';
import {PhaseRunner} from './phases/phase-runner.js';

/**
 * What a run ends with. The caller disposes the classifier.
 *
 * @example
 * const {classifier, metrics, history} = await finetune(folder, recipe);
 * console.log(metrics.validation.accuracy, history.length);
 * classifier.dispose();
 */
export interface FinetuneResult {
  /** Holds the best weights by validation accuracy (balanced accuracy where the recipe balances classes), then loss. */
  readonly classifier: Classifier;
  readonly metrics: {readonly validation: Metrics; readonly test?: Metrics};
  readonly history: readonly EpochRow[];
  readonly findings: readonly Finding[];
  readonly split: Split;
  readonly timings: RunContext['timings'];
  readonly backend: BackendInfo;
  readonly recipe: Recipe;
  /** Run directory and exported model, where one was asked for. */
  readonly run?: string;
  readonly model?: string;
}

/**
 * What a run with a directory ends with.
 *
 * @example
 * const {run, model} = await finetune(folder, recipe, {out: './run'});
 * const loaded = await loadModel(model);
 */
export type WrittenResult = FinetuneResult & {readonly run: string; readonly model: string};

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
  requestedRecipe: Recipe,
  options: FinetuneOptions = {},
): Promise<FinetuneResult> {
  checkFinetuneArguments(folder, requestedRecipe, options);
  const recipe = {...requestedRecipe, weights: hideCredentials(requestedRecipe.weights)};
  const run = new RunContext(
    options.onEvent,
    options.signal,
    options.offline,
    options.workers,
    options.settings?.backendSeconds,
    options.sharedData,
  );
  const backend = await run.time('backend', () => startBackend(backendOptions(options)));
  requirePrecision(recipe.precision, backend);
  preparePrecision(recipe.precision, backend);
  const output = await RunOutput.open(options, recipe, backend, run);
  const checkpoints = new Checkpoints(output.checkpoint, run);
  let prepared: Prepared | undefined;
  try {
    const interrupted = await output.readLastCheckpoint();
    prepared = await prepare(folder, recipe, run);
    await options.sharedData?.begin();
    await output.begin(prepared.split);
    const {classifier, split} = prepared;
    const trained = await new PhaseRunner(prepared, recipe, run, checkpoints, () =>
      output.saveBestWeights(classifier),
    ).train(interrupted);
    const test = await testMetrics(prepared, recipe, run);
    const metrics = {validation: trained.metrics, ...(test && {test})};
    const written = await output.finish({dataset: folder.root, prepared, trained, metrics});
    return {
      classifier,
      metrics,
      split,
      backend,
      recipe,
      history: trained.history,
      findings: run.findings,
      timings: run.timings,
      ...written,
    };
  } catch (error) {
    prepared?.classifier.dispose();
    if (options.signal?.aborted !== true) throw error;
    await options.sharedData?.begin();
    await output.saveForResume();
    throw new AbortedError({checkpoint: checkpoints.directory});
  } finally {
    await prepared?.cache.close();
    await output.close();
  }
}

const backendOptions = ({backend, device, offline, signal}: FinetuneOptions): BackendOptions => ({
  backend,
  device,
  offline,
  ...(signal !== undefined && {signal}),
});
