import {dirname} from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import {defineError, DatasetError, FinetuneError} from '../../core/errors.js';
import {formatSystemError} from '../../core/files/system-error.js';
import {shellQuote} from '../../core/text/shell-quote.js';
import {
  checkSplitManifest,
  splitChanges,
  toSplitManifest,
  type SplitChange,
} from '../../datasets/splitting/split-file.js';
import type {Split} from '../../datasets/splitting/splits.js';
import type {EngineInfo} from '../../backend/runtime/runtime.js';
import {exportModel} from '../../export/export-model.js';
import {writeTrainedClassifier} from '../../export/trained-weights.js';
import type {Classifier} from '../../heads/classifier.js';
import {historyCsv} from '../../report/charts/history-csv.js';
import {modelCard} from '../../report/model-card.js';
import type {RunRecord, Setting} from '../../report/run-record.js';
import {hasCheckpoint, readCheckpoint, type Checkpoint} from '../../training/loop/checkpoint.js';
import type {EpochRow} from '../../training/loop/history.js';
import type {Metrics} from '../../training/metrics/metrics.js';
import {readImageBatches} from '../../training/loop/image-dataset.js';
import type {FinetuneOptions} from '../finetune-options.js';
import {findMisclassifications} from '../misclassifications.js';
import type {Prepared} from '../prepared.js';
import type {Recipe} from '../recipe/recipe.js';
import type {RunContext} from './run-context.js';
import {withAbsolutePaths, RunDirectory} from './run-directory.js';
import {describeEnvironment} from './run-environment.js';
import {withoutPaths, writeRecord} from './run-record-files.js';
import {toReportImages, labelIssuesDocument} from '../label-issues.js';
import type {TrainingResult} from '../train-phases.js';

/** What a run came to, before anything of it is written. */
export interface CompletedRun {
  readonly dataset: string;
  readonly prepared: Prepared;
  readonly trained: TrainingResult;
  readonly metrics: {readonly validation: Metrics; readonly test?: Metrics};
}

/** What a report shows. */
type ReportedImages = Pick<RunRecord, 'misclassifications' | 'suspiciousImages'>;

/** Validation images on which an exported exported model is proven. */
const VERIFICATION_IMAGES = 8;

/** Changed files that a sentence names. */
const MAX_NAMED_CHANGES = 3;

/** An interrupted run whose images are not what they were: what was validated on might now be trained on. */
export class ImagesChangedError extends defineError(
  DatasetError,
  'IMAGES_CHANGED',
  ({path, changes}: {path: string; changes: readonly SplitChange[]}) => {
    const named = changes
      .slice(0, MAX_NAMED_CHANGES)
      .map(({name, change}) => `${name} (${change})`);
    const which =
      changes.length === 0
        ? 'Classes or reasons to leave images out'
        : `${changes.length} ${changes.length === 1 ? 'file' : 'files'}`;
    const more = changes.length > named.length ? ` and ${changes.length - named.length} more` : '';
    const examples = named.length === 0 ? '' : `: ${named.join(', ')}${more}`;
    return `${which} changed since the run was begun, as ${path} tells${examples}. Put the images back, or start another run.`;
  },
) {}

/** All was learned and is on the disk, but the model could not be exported. */
export class ExportFailedError extends defineError(
  FinetuneError,
  'EXPORT_FAILED',
  ({
    run,
    cause,
  }: {
    /** Directory that holds all that was learned and measured. */
    run: string;
    cause: unknown;
  }) =>
    `${formatSystemError(cause).replace(/\.?$/, '.')} The training is complete, and its weights and metrics are in ${run}. ` +
    `Make the model again: finetune export ${shellQuote(run)}`,
) {}

/** What a run leaves behind. Without a directory it leaves nothing. */
export class RunOutput {
  #isCreated = false;

  private constructor(
    readonly directory: RunDirectory | undefined,
    readonly options: FinetuneOptions,
    readonly recipe: Recipe,
    readonly backend: EngineInfo,
    readonly run: RunContext,
  ) {}

  /** @throws UsageError where the directory may not be written, or holds nothing to resume */
  static async open(
    options: FinetuneOptions,
    recipe: Recipe,
    backend: EngineInfo,
    run: RunContext,
  ): Promise<RunOutput> {
    const {out, overwrite = false, resume = false} = options;
    if (out === undefined) return new RunOutput(undefined, options, recipe, backend, run);
    const directory = resume
      ? await RunDirectory.open(out, recipe)
      : await RunDirectory.reserve(out, overwrite);
    return new RunOutput(directory, options, recipe, backend, run);
  }

  get checkpoint(): string | undefined {
    return this.directory?.file('checkpoint');
  }

  /**
   * Makes the directory, or goes on in it. Not before weights and images are known to be usable: until then nothing is written, and nothing
   * that was there is lost.
   * @throws ImagesChangedError where the run was begun on others
   */
  async begin(split: Split): Promise<void> {
    await this.#create();
    const {directory} = this;
    const manifest = toSplitManifest(split);
    const savedSplit = await directory?.readJson('split');
    if (savedSplit !== undefined && !isDeepStrictEqual(savedSplit, manifest)) {
      const path = directory!.file('split');
      throw new ImagesChangedError({
        path,
        changes: splitChanges(checkSplitManifest(savedSplit, path), manifest),
      });
    }
    await directory?.writeJson('split', manifest);
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

  /** The state to go on from; undefined where the run was stopped before there was any. */
  async readLastCheckpoint(): Promise<Checkpoint<EpochRow> | undefined> {
    const {checkpoint} = this;
    if (checkpoint === undefined || this.options.resume !== true) return undefined;
    return hasCheckpoint(checkpoint) ? readCheckpoint<EpochRow>(checkpoint) : undefined;
  }

  /** Leaves what was learned, as soon as it is: what fails from now on costs no training. */
  async saveBestWeights(classifier: Classifier): Promise<void> {
    const {directory, run} = this;
    if (directory !== undefined)
      await run.time('export', () => writeTrainedClassifier(classifier, directory.file('best')));
  }

  /**
   * Leaves what was measured, then exports the classifier and proves the exported model.
   * @throws ExportFailedError
   */
  async finish(completed: CompletedRun): Promise<{readonly run?: string; readonly model?: string}> {
    const {directory, run} = this;
    if (directory === undefined) return {};
    const {prepared, trained} = completed;
    const reported: ReportedImages = {
      misclassifications: await findMisclassifications(prepared, trained.probabilities),
      ...(trained.suspiciousImages && {
        suspiciousImages: await toReportImages(prepared, trained.suspiciousImages),
      }),
    };
    if (trained.suspiciousImages !== undefined)
      await directory.writeJson(
        'labelIssues',
        labelIssuesDocument(prepared, trained.suspiciousImages),
      );
    await directory.write('history', historyCsv(trained.history));
    await writeRecord(directory, this.#record(completed, directory, reported));
    await run.time('export', () => this.#export(completed, directory, reported));
    // Once more, now that it is known how long everything took.
    await writeRecord(directory, this.#record(completed, directory, reported));
    await directory.complete();
    run.emit({type: 'saved', directory: directory.path});
    return {run: directory.path, model: directory.finalFile('model')};
  }

  async #export(
    completed: CompletedRun,
    directory: RunDirectory,
    reported: ReportedImages,
  ): Promise<void> {
    const {classifier, pretrained, split, sourceOf} = completed.prepared;
    const chosen = sourceOf(
      split.validation.filter(
        (_, i) => i % Math.ceil(split.validation.length / VERIFICATION_IMAGES) === 0,
      ),
    );
    const {run} = this;
    const batches = async function* (): AsyncIterable<Uint8Array> {
      const indices = chosen.samples.map((_, index) => index);
      for await (const {images} of readImageBatches(chosen, indices, VERIFICATION_IMAGES, null))
        yield images;
    };
    run.progress('export', 0, 2, 'steps', {step: 'writing'});
    await exportModel(classifier, directory.file('model'), {
      metrics: completed.metrics,
      recipe: withoutPaths(this.recipe),
      modelCard: modelCard(this.#record(completed, directory, reported)),
      verificationImages: batches(),
      onWritten: () => run.progress('export', 1, 2, 'steps', {step: 'verifying'}),
      ...(pretrained !== undefined && {pretrained: pretrained}),
      ...run.signalOptions,
    }).catch((error: unknown) => {
      if (run.signal?.aborted === true) throw error;
      throw new ExportFailedError({run: dirname(directory.file('recipe')), cause: error});
    });
  }

  #record(
    {dataset, prepared, trained, metrics}: CompletedRun,
    directory: RunDirectory,
    reported: ReportedImages,
  ): RunRecord {
    const {classifier, pretrained, split} = prepared;
    const {settings} = this.options;
    const values = {...settings?.options, ...this.recipe};
    return {
      run: directory.path,
      model: directory.finalFile('model'),
      finishedAt: new Date().toISOString(),
      dataset,
      images: {
        train: split.train.length,
        validation: split.validation.length,
        test: split.test.length,
      },
      backend: this.backend.backend,
      device: this.backend.device,
      arch: classifier.spec.arch,
      weights: classifier.origin,
      ...(pretrained !== undefined && {pretrained}),
      network: classifier,
      classes: classifier.classNames,
      classBalance: this.recipe.classBalance,
      phases: this.recipe.freeze,
      history: trained.history,
      metrics,
      ...reported,
      findings: this.run.findings,
      timings: this.run.timings,
      settings: Object.entries(values).map(([name, value]): Setting => ({
        name,
        value,
        source: settings?.sources?.[name] ?? 'default',
      })),
      environment: describeEnvironment(this.backend),
      command: settings?.command ?? '',
    };
  }
}
