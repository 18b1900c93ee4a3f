import type {BackendInfo} from '../../backend/runtime/runtime.js';
import {writeTrainedClassifier} from '../../export/trained-weights.js';
import type {Classifier} from '../../heads/classifier.js';
import {explainRun} from '../explanation/explain-run.js';
import type {FinetuneOptions} from '../finetune-options.js';
import type {Recipe} from '../recipe/recipe.js';
import {startTracking} from '../tracking/create-tracking.js';
import {Checkpoints} from './checkpoints.js';
import {toRunRecord, type CompletedRun} from './completed-run.js';
import {exportCompletedRun} from './export-completed-run.js';
import type {RunContext} from './run-context.js';
import {withAbsolutePaths, RunDirectory} from './run-directory.js';
import {describeEnvironment} from './run-environment.js';
import {writeRecord, writeTrainingFiles} from './run-record-files.js';
import {saveSplit} from './saved-split.js';

/** Where a run has written, and the size of its model. Nothing without a directory. */
interface WrittenFiles {
  readonly run?: string;
  readonly model?: string;
  readonly modelSize?: Awaited<ReturnType<typeof exportCompletedRun>>;
}

/** Output files of a run. Without a directory, nothing is written. */
export class RunOutput {
  readonly checkpoints: Checkpoints;
  #isCreated = false;
  #isFinished = false;
  #tracking: Awaited<ReturnType<typeof startTracking>> | undefined;

  private constructor(
    readonly directory: RunDirectory | undefined,
    readonly options: FinetuneOptions,
    readonly recipe: Recipe,
    readonly backend: BackendInfo,
    readonly run: RunContext,
  ) {
    this.checkpoints = new Checkpoints(directory?.file('checkpoint'), run, options.resume);
  }

  /** @throws UsageError if the directory may not be written, or holds nothing to resume */
  static async open(
    options: FinetuneOptions,
    recipe: Recipe,
    backend: BackendInfo,
    run: RunContext,
  ): Promise<RunOutput> {
    const {out, overwrite = false, resume = false} = options;
    if (out === undefined) return new RunOutput(undefined, options, recipe, backend, run);
    const directory = resume
      ? await RunDirectory.open(out, recipe)
      : await RunDirectory.reserve(out, overwrite);
    return new RunOutput(directory, options, recipe, backend, run);
  }

  /**
   * Creates the directory, or continues in it. Called only when weights and images are known to be usable. Until then nothing is written or
   * removed.
   * @param rows epochs of the interrupted run
   * @throws ImagesChangedError if the run was started on other images
   */
  async begin(
    prepared: CompletedRun['prepared'],
    rows: CompletedRun['trained']['history'] = [],
  ): Promise<void> {
    const {directory, options, recipe, run} = this;
    await this.#create();
    if (directory !== undefined) await saveSplit(directory, prepared.split);
    this.#tracking = await startTracking(directory, options, recipe, run, prepared, rows);
  }

  /** Releases the directory to other processes. */
  async close(): Promise<void> {
    const {signal} = this.run;
    await this.#tracking?.close(
      this.#isFinished ? 'finished' : signal?.aborted === true ? 'stopped' : 'failed',
    );
    await this.directory?.close();
  }

  /** Saves what `resume` needs for a run that is stopped before it began. */
  async saveForResume(): Promise<void> {
    if (!this.#isCreated) await this.#create();
  }

  async #create(): Promise<void> {
    const {directory, options, recipe, backend} = this;
    if (options.resume !== true) await directory?.clear();
    await directory?.writeJson(
      'recipe',
      withAbsolutePaths({...options.settings?.options, ...recipe}),
    );
    await directory?.writeJson('environment', describeEnvironment(backend));
    this.#isCreated = true;
  }

  /** Saves the best weights immediately, so that later failures cost no training. */
  async saveBestWeights(classifier: Classifier): Promise<void> {
    const {directory, run} = this;
    if (directory !== undefined)
      await run.time('export', () => writeTrainedClassifier(classifier, directory.file('best')));
  }

  /**
   * Writes the metrics, then exports the classifier and verifies the exported model.
   * @throws ExportFailedError
   */
  async finish(completed: CompletedRun): Promise<WrittenFiles> {
    const {directory, recipe, backend, run} = this;
    if (directory === undefined) {
      await this.#tracking?.finish(completed.metrics, []);
      this.#isFinished = true;
      return {};
    }
    const explanation = await run.time('evaluate', () =>
      explainRun(completed.prepared, completed.trained),
    );
    await this.#tracking?.finish(completed.metrics, explanation.misclassifications);
    const {settings} = this.options;
    const context = {recipe, backend, settings, run, directory};
    const record = toRunRecord(completed, context, explanation);
    await writeTrainingFiles(directory, completed);
    await writeRecord(directory, record);
    const modelSize = await run.time('export', () =>
      exportCompletedRun(completed.prepared, recipe, record, directory, run),
    );
    // Written again with the final timings.
    await writeRecord(directory, {...toRunRecord(completed, context, explanation), modelSize});
    await directory.complete();
    this.#isFinished = true;
    run.emit({type: 'saved', directory: directory.path});
    return {run: directory.path, model: directory.finalFile('model'), modelSize};
  }
}
