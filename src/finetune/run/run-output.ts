import type {BackendInfo} from '../../backend/runtime/runtime.js';
import type {Split} from '../../datasets/splitting/splits.js';
import {writeTrainedClassifier} from '../../export/trained-weights.js';
import type {Classifier} from '../../heads/classifier.js';
import type {FinetuneOptions} from '../finetune-options.js';
import type {Recipe} from '../recipe/recipe.js';
import {Checkpoints} from './checkpoints.js';
import {collectReportedImages, toRunRecord, type CompletedRun} from './completed-run.js';
import {exportCompletedRun} from './export-completed-run.js';
import type {RunContext} from './run-context.js';
import {withAbsolutePaths, RunDirectory} from './run-directory.js';
import {describeEnvironment} from './run-environment.js';
import {writeRecord, writeTrainingFiles} from './run-record-files.js';
import {saveSplit} from './saved-split.js';

/** What a run leaves behind. Without a directory it leaves nothing. */
export class RunOutput {
  readonly checkpoints: Checkpoints;
  #isCreated = false;

  private constructor(
    readonly directory: RunDirectory | undefined,
    readonly options: FinetuneOptions,
    readonly recipe: Recipe,
    readonly backend: BackendInfo,
    readonly run: RunContext,
  ) {
    this.checkpoints = new Checkpoints(directory?.file('checkpoint'), run, options.resume);
  }

  /** @throws UsageError where the directory may not be written, or holds nothing to resume */
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
   * Creates the directory, or continues in it. Not before weights and images are known to be usable: until then nothing is written, and
   * nothing that was there is lost.
   * @throws ImagesChangedError where the run was begun on others
   */
  async begin(split: Split): Promise<void> {
    await this.#create();
    if (this.directory !== undefined) await saveSplit(this.directory, split);
  }

  /** Lets others write to the directory. */
  async close(): Promise<void> {
    await this.directory?.close();
  }

  /** For a run that is stopped before it began: leaves what `resume` needs to begin it again. */
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

  /** Saves what was learned, as soon as it is: what fails from now on costs no training. */
  async saveBestWeights(classifier: Classifier): Promise<void> {
    const {directory, run} = this;
    if (directory !== undefined)
      await run.time('export', () => writeTrainedClassifier(classifier, directory.file('best')));
  }

  /**
   * Writes what was measured, then exports the classifier and verifies the exported model.
   * @throws ExportFailedError
   */
  async finish(completed: CompletedRun): Promise<{readonly run?: string; readonly model?: string}> {
    const {directory, recipe, backend, run} = this;
    if (directory === undefined) return {};
    const reported = await collectReportedImages(completed);
    const {settings} = this.options;
    const context = {recipe, backend, settings, run, directory};
    const record = toRunRecord(completed, context, reported);
    await writeTrainingFiles(directory, completed);
    await writeRecord(directory, record);
    await run.time('export', () =>
      exportCompletedRun(completed.prepared, recipe, record, directory, run),
    );
    // Once more, now that it is known how long everything took.
    await writeRecord(directory, toRunRecord(completed, context, reported));
    await directory.complete();
    run.emit({type: 'saved', directory: directory.path});
    return {run: directory.path, model: directory.finalFile('model')};
  }
}
